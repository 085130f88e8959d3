import os

from bookops_worldcat import WorldcatAccessToken
from requests.adapters import HTTPAdapter

ISSUER = "{{ guide.issuer }}"


# bookops-worldcat has OCLC's address in its code: this leads its requests for tokens to the service.
def send(adapter, request, send=HTTPAdapter.send, **options):
    request.url = request.url.replace("https://oauth.oclc.org", ISSUER)
    return send(adapter, request, **options)


HTTPAdapter.send = send


def own():
    """Gets a token on the client's own account."""
    return WorldcatAccessToken(
        key="{{ guide.client_id }}",
        secret=os.environ["LATCHKEY_SECRET"],
        scopes="{{ guide.scope_with_context() }}",
    )
