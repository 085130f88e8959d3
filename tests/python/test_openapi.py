"""Schemathesis: requests made up from the OpenAPI document, signed, and the answers held to it.

    LATCHKEY_URL=… LATCHKEY_CLIENT_ID=… LATCHKEY_SECRET=… python -m pytest tests/python
"""

import os
import pathlib

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from wskey import WSKey

document = pathlib.Path(__file__).parents[2] / "docs" / "openapi.json"
schema = schemathesis.openapi.from_path(str(document))
checks = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
url = os.environ["LATCHKEY_URL"]
key = WSKey(os.environ["LATCHKEY_CLIENT_ID"], os.environ["LATCHKEY_SECRET"])


@schema.parametrize()
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_described(case):
    """Signed where the document asks for it."""
    signed = case.operation.path.startswith("/oauth2/") and case.operation.definition.raw.get("security") != []
    case.call_and_validate(base_url=url, checks=checks, allow_redirects=False, **({"auth": key} if signed else {}))


@schema.parametrize()
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_without_a_signature_nothing_but_a_refusal_comes(case):
    """And the refusal is as described too."""
    if case.operation.definition.raw.get("security") != []:
        response = case.call_and_validate(base_url=url, checks=checks, allow_redirects=False)
        # 404 where the method was made up as well: the gateway knows no such route.
        assert response.status_code in (400, 401, 404)
