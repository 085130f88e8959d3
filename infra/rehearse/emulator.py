"""Starts ministack, and adds what a life of the service needs of it and it lacks.

The emulator runs the deployed functions: the code and the variables of the version that is invoked, as a process, with
the credentials of the function's role. With AUTH=true it decides each of their calls by the role's policies.
"""

import json
import os
import uuid

from ministack.core import iam_actions
from ministack.core.responses import json_response
from ministack.services import cloudwatch_logs, lambda_svc

HERE = f"http://localhost:{os.environ['GATEWAY_PORT']}"

of_tags = iam_actions.request_tag_context
of_a_process = lambda_svc._provided_worker_env
of_a_function = iam_actions.extract_resource_arn
of_logs = cloudwatch_logs.handle_request
of_permissions = lambda_svc._add_permission
queries, permissions = {}, set()


def conditions(service, action, body, parameters):
    """The emulator knows no condition of KMS. Without it the roles could use no key."""
    found = of_tags(service, action, body, parameters)
    if action == "kms:GenerateMac":
        found["kms:MacAlgorithm"] = json.loads(body).get("MacAlgorithm")
    return found


def resource(service, method, path, headers, body, parameters, *rest):
    """Who invokes a version or an alias needs its ARN, not the function's."""
    found = of_a_function(service, method, path, headers, body, parameters, *rest)
    qualifier = parameters.get("Qualifier") if service == "lambda" and path.endswith("/invocations") else None
    qualifier = qualifier[0] if isinstance(qualifier, list) else qualifier
    return f"{found}:{qualifier}" if qualifier and not found.endswith(f":{qualifier}") else found


def permission(name, asked, *of_what, **named):
    """On a busy machine an answer is lost at times, and Terraform's provider sends the request again: it is granted again, where
    nothing in it differs. moto refuses a statement that is there."""
    given = name, json.dumps([asked, of_what, named], sort_keys=True)
    if given in permissions:
        lambda_svc._functions[name]["policy"]["Statement"] = [
            statement for statement in lambda_svc._functions[name]["policy"]["Statement"] if statement["Sid"] != asked.get("StatementId")
        ]
    permissions.add(given)
    return of_permissions(name, asked, *of_what, **named)


async def logs(method, path, headers, body, parameters):
    """The emulator keeps no saved queries."""
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    asked = json.loads(body or b"{}") if action.endswith(("QueryDefinition", "QueryDefinitions")) else {}
    match action:
        case "PutQueryDefinition":
            name = asked.setdefault("queryDefinitionId", str(uuid.uuid4()))
            queries[name] = asked
            return json_response({"queryDefinitionId": name})
        case "DescribeQueryDefinitions":
            prefix = asked.get("queryDefinitionNamePrefix", "")
            return json_response({"queryDefinitions": [query for query in queries.values() if query["name"].startswith(prefix)]})
        case "DeleteQueryDefinition":
            return json_response({"success": queries.pop(asked["queryDefinitionId"], None) is not None})
    return await of_logs(method, path, headers, body, parameters)


def environment(*of_what):
    """A deployed function has AWS's own addresses among its variables. Here they are the emulator's, and CodeDeploy's is the
    rehearsal's."""
    found = of_a_process(*of_what)
    endpoints = {name: HERE for name in found if name.startswith("AWS_ENDPOINT_URL")}
    return found | endpoints | {"AWS_ENDPOINT_URL": HERE, "AWS_ENDPOINT_URL_CODEDEPLOY": os.environ["REHEARSAL_CODEDEPLOY"]}


def reserved(_version, configuration):
    """What is reserved for a function holds for all its versions. The emulator looks for it at the version."""
    return lambda_svc._functions[configuration["FunctionName"]].get("concurrency")


iam_actions.request_tag_context = conditions
iam_actions.extract_resource_arn = resource
cloudwatch_logs.handle_request = logs
lambda_svc._add_permission = permission
lambda_svc._reserved_concurrency = reserved
lambda_svc._provided_worker_env = environment

if __name__ == "__main__":
    from ministack.app import main

    main()
