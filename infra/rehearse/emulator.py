"""Starts ministack, and adds what a life of the service needs of it and it lacks.

The emulator runs the deployed functions: the code and the variables of the version that is invoked, as a process, with
the credentials of the function's role. With AUTH=true it decides each of their calls by the role's policies.
"""

import json
import os

from ministack.core import iam_actions
from ministack.services import lambda_svc

HERE = f"http://localhost:{os.environ['GATEWAY_PORT']}"

of_tags = iam_actions.request_tag_context
of_a_process = lambda_svc._provided_worker_env


def conditions(service, action, body, parameters):
    """The emulator knows no condition of KMS. Without it the roles could use no key."""
    found = of_tags(service, action, body, parameters)
    if action == "kms:GenerateMac":
        found["kms:MacAlgorithm"] = json.loads(body).get("MacAlgorithm")
    return found


def environment(*of_what):
    """A deployed function has AWS's own addresses among its variables. Here they are the emulator's."""
    found = of_a_process(*of_what)
    endpoints = {name: HERE for name in found if name.startswith("AWS_ENDPOINT_URL")}
    return found | endpoints | {"AWS_ENDPOINT_URL": HERE}


def reserved(_version, configuration):
    """What is reserved for a function holds for all its versions. The emulator looks for it at the version."""
    return lambda_svc._functions[configuration["FunctionName"]].get("concurrency")


iam_actions.request_tag_context = conditions
lambda_svc._reserved_concurrency = reserved
lambda_svc._provided_worker_env = environment

if __name__ == "__main__":
    from ministack.app import main

    main()
