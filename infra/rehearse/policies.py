"""Compares the policies in infra/policies with what they are for: making what the template names, as AWS's own schemas of its
resources say; applying the Terraform module; running the operators' commands; bounding the functions' roles.

    policies.py EXPANDED             EXPANDED: the expanded template
    policies.py --terraform LOG      LOG: what Terraform's provider said of the calls that it made
"""

import fnmatch
import json
import pathlib
import re
import sys

import cfnlint
from policy_sentry.querying.all import get_all_actions

import asked
from checks import check, finish, section

ROOT = pathlib.Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "infra" / "policies").glob("*.json"))
SAM = ("deploy", "deploy-sam", "deploy-watch", "deploy-edge")
TERRAFORM = ("deploy", "deploy-terraform", "deploy-watch", "deploy-edge")

# What replaces the words of a policy, as long as it may be.
LONGEST = {
    "PARTITION": "aws-us-gov",
    "ACCOUNT": "123456789012",
    "REGION": "ap-southeast-4",
    "ROLE_PATH": "/a-path-of-thirty-two-characters/",
    "BOUNDARY": "arn:aws-us-gov:iam::123456789012:policy/a-path-of-thirty-two-characters/latchkey-boundary",
    "BUCKET": "b" * 63,
    "CHECK_SECRET": "s" * 512,
    "CLIENTS_TABLE": "t" * 64,
    "TOKENS_TABLE": "t" * 64,
    "USERS_TABLE": "t" * 64,
    "AUDIT_TABLE": "t" * 64,
    **{f"{key['terraform'].upper()}_KEY_ARN": "arn:aws-us-gov:kms:ap-southeast-4:123456789012:key/00000000-0000-0000-0000-000000000000" for key in asked.KEY_SETS.values()},
    "NAME": "a-name-of-thirty-two-characters1",
}
# A customer managed policy, without blanks.
MOST = 6144

# What AWS's schemas name for uses of a resource that the template does not make.
NOT_USED = (
    # Definitions of APIs, programs and imports in S3; by `sam deploy` only CloudFormation's own bucket is read.
    "s3:getObject", "s3:GetObjectVersion", "s3:GetObjectMetadata", "s3:REST.PUT.OBJECT",
    # Functions in a VPC, with file systems, layers, code signing, other runtimes, customer keys, capacity and scaling.
    "ec2:*", "elasticfilesystem:*", "s3files:*", "lambda:AssociateRuntimeAlias", "lambda:GetCodeSigningConfig", "lambda:PutFunctionCodeSigningConfig", "lambda:DeleteFunctionCodeSigningConfig", "lambda:GetLayerVersion",
    "lambda:PassCapacityProvider", "lambda:*RecursionConfig", "lambda:PutFunctionScalingConfig", "lambda:PutRuntimeManagementConfig",
    "lambda:PutProvisionedConcurrencyConfig", "lambda:DeleteProvisionedConcurrencyConfig", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey",
    # Tables' imports, replicas, streams and policies, and items: CloudFormation touches no data.
    "dynamodb:*Item", "dynamodb:*Import*", "dynamodb:*Replica", "dynamodb:*teResourcePolicy", "dynamodb:PutResourcePolicy", "dynamodb:DeleteResourcePolicy",
    "dynamodb:Query", "dynamodb:Scan", "dynamodb:*ableKinesisStreamingDestination", "dynamodb:Update*Insights", "dynamodb:UpdateKinesisStreamingDestination",
    "kinesis:*", "kms:RevokeGrant", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents",
    # A KMS key that turns by itself: an HMAC key cannot.
    "kms:DisableKeyRotation", "kms:EnableKeyRotation",
    # Log groups with customer keys, indexes, masks, resource policies, other deliveries.
    "firehose:*", "logs:*KmsKey", "logs:PutIndexPolicy", "logs:DeleteIndexPolicy", "logs:*teDataProtectionPolicy", "logs:PutDataProtectionPolicy",
    "logs:DeleteResourcePolicy", "logs:PutBearerTokenAuthentication", "logs:PutLogGroupDeletionProtection",
    # Connection groups, private origins and staging distributions; tags come with CreateDistribution and TagResource.
    "cloudfront:*ConnectionGroup", "cloudfront:GetVpcOrigin", "cloudfront:*StagingConfig", "cloudfront:CreateDistributionWithTags",
    "codedeploy:ListDeployments", "codedeploy:RegisterOnPremisesInstance",
    # A policy beside a role: of users and groups there is none.
    "iam:*UserPolicy", "iam:*GroupPolicy",
    # Budgets of a billing view, and topics that mask data.
    "billing:GetBillingViewData", "sns:PutDataProtectionPolicy",
    # A deployer who takes the boundary off a role is not bounded by it.
    "iam:DeleteRolePermissionsBoundary",
)  # fmt: skip

# What no schema of a resource names.
BESIDE = {
    # `sam deploy` itself, and its bucket.
    "cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet", "cloudformation:DeleteStack", "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeStackEvents", "cloudformation:DescribeStackResources", "cloudformation:DescribeStacks", "cloudformation:ExecuteChangeSet",
    "cloudformation:GetTemplate", "cloudformation:GetTemplateSummary", "cloudformation:ListStackResources", "cloudformation:TagResource",
    "cloudformation:UntagResource", "s3:CreateBucket", "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketTagging", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration", "s3:PutObject",
    # An API's access log, which API Gateway sets up in the caller's name.
    "logs:GetLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:UpdateLogDelivery",
    # The firewall of the CDN.
    "wafv2:GetWebACL",
    # The value that the CDN sends, which the template names.
    "secretsmanager:GetSecretValue",
    # What CloudFormation reads to see whether it is done.
    "lambda:GetFunctionConfiguration", "lambda:ListTags",
}  # fmt: skip
# Nothing that deploys may read or change data, use the sealing key, or take a boundary away.
NEVER = ("dynamodb:*Item", "dynamodb:Query", "dynamodb:Scan", "dynamodb:PartiQL*", "kms:GenerateMac", "kms:VerifyMac", "iam:DeleteRolePermissionsBoundary", "iam:*User*", "iam:*AccessKey*", "lambda:Invoke*Url", "lambda:InvokeAsync", "*:[*]", "[*]")  # fmt: skip


def policy(name):
    return json.loads((ROOT / "infra" / "policies" / f"{name}.json").read_text())


def actions(*names):
    return {action for name in names for statement in policy(name)["Statement"] for action in statement["Action"]}


def those(found, patterns):
    return {action for action in found if any(fnmatch.fnmatchcase(action, pattern) for pattern in patterns)}


def schemas():
    folder = pathlib.Path(cfnlint.__file__).parent / "data" / "schemas"
    files = json.loads((folder / "providers" / "us-east-1.json").read_text())
    return lambda kind: json.loads((folder / "resources" / f"{files[kind]}.json").read_text())


def asked_of(kinds):
    schema = schemas()
    handlers = [handler for kind in kinds for name, handler in schema(kind)["handlers"].items() if name != "list"]
    return {permission for handler in handlers for permission in handler.get("permissions", [])}


def check_form(known):
    section("Policies: their form")
    known = {action.lower() for action in known}
    for name in NAMES:
        text = json.dumps(policy(name), separators=(",", ":"))
        for word, value in LONGEST.items():
            text = text.replace(word, value)
        check(f"{name}: takes {len(text)} of {MOST} characters", len(text) <= MOST, True)
        check(f"{name}: every word in capitals is replaced", re.findall(r"\b[A-Z]{2,}(?:_[A-Z]+)*\b", re.sub(r'"(?:Sid|Action|Effect|Version)":(?:"[^"]*"|\[[^]]*\])|HMAC_\w+', "", text)), [])
        statements = policy(name)["Statement"]
        check(f"{name}: each statement allows, and has a name of its own", ({s["Effect"] for s in statements}, len({s["Sid"] for s in statements})), ({"Allow"}, len(statements)))
        check(f"{name}: AWS knows each action", sorted(a for a in actions(name) if a.lower() not in known), [])


def check_guide():
    """The guide's commands replace each word that the policies have."""
    words = lambda text: set(re.findall(r"s\|([A-Z_]+)\|", text))
    guide = (ROOT / "infra" / "README.md").read_text()
    deployer, operator = (words(part) for part in (guide.partition("### What the deployer may do")[2].partition("###")[0], guide.partition("### What operators may do")[2]))
    used = lambda *names: {word for word in LONGEST for name in names if word in json.dumps(policy(name))}
    check("the guide replaces the words of the deployer's", sorted(used(*(name for name in NAMES if name != "operate")) ^ deployer), [])
    check("the guide replaces the words of the operators'", sorted(used("operate") ^ operator), [])


def check_deployer(kinds):
    section("Policies: who deploys with SAM")
    needed, given = asked_of(kinds), actions(*SAM)
    missing = needed - given - those(needed, NOT_USED)
    check("every action that making the resources takes, or a reason why not", sorted(missing), [])
    check("no other action", sorted(given - needed - BESIDE), [])
    check("what is given is not called unused", sorted(those(given & needed, NOT_USED)), [])


def check_roles():
    section("Policies: no deployer gives itself more rights")
    for name in NAMES:
        if name == "operate" or name == "boundary":
            continue
        check(f"{name}: no data, no secret, no way around the boundary", sorted(those(actions(name), NEVER)), [])
        for statement in policy(name)["Statement"]:
            found = set(statement["Action"])
            condition = statement.get("Condition", {}).get("StringEquals", {})
            if found & {"iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:PutRolePermissionsBoundary"}:
                check(f"{name}: {statement['Sid']}: only with the boundary", condition.get("iam:PermissionsBoundary"), "BOUNDARY")
            if "iam:PassRole" in found:
                check(f"{name}: {statement['Sid']}: only to the services that take it", set(condition["iam:PassedToService"]) <= {"lambda.amazonaws.com", "codedeploy.amazonaws.com"}, True)
            if any(action.startswith("iam:") and "Role" in action and "ServiceLinked" not in action for action in found):
                check(f"{name}: {statement['Sid']}: only of the deployment, below the path", statement["Resource"], "arn:PARTITION:iam::ACCOUNT:roleROLE_PATHNAME-*")


def check_boundary(template):
    section("Policies: the boundary")
    roles = [resource["Properties"] for resource in template["Resources"].values() if resource["Type"] == "AWS::IAM::Role"]
    needed = set()
    for role in roles:
        for statement in (statement for each in role.get("Policies", []) for statement in each["PolicyDocument"]["Statement"]):
            # What an option adds.
            statement = statement["Fn::If"][1] if "Fn::If" in statement else statement
            action = statement["Action"]
            action = action["Fn::If"][1] if "Fn::If" in action else action
            needed |= {action} if isinstance(action, str) else set(action)
    # Of AWS's AWSCodeDeployRoleForLambdaLimited, what a deployment without files in S3 calls.
    needed |= {"cloudwatch:DescribeAlarms", "lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"}
    check("what the roles may do, and nothing else", sorted(actions("boundary") ^ needed), [])


def check_operators():
    section("Policies: who operates")
    text = (ROOT / "infra" / "README.md").read_text().partition("### What operators may do")[2].partition("The functions may do less")[0]
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in text.splitlines() if line.startswith("| `")]
    for table, column in (("Clients", 1), ("Tokens", 2), ("Users", 3), ("Records", 4)):
        said = {f"dynamodb:{action}" for row in rows for action in re.findall(r"`([A-Z]\w+)`", row[column])}
        (given,) = (set(s["Action"]) for s in policy("operate")["Statement"] if s["Sid"] == table)
        check(f"{table.lower()}: just what the table of the guide says", sorted(said ^ given), [])
    check("and the index", [(s["Action"], s["Resource"].partition("/")[2]) for s in policy("operate")["Statement"] if s["Sid"] == "Index"], [(["dynamodb:Query"], "TOKENS_TABLE/index/holder")])
    # No command seals or opens a request that a client pushed.
    keys = sorted(f"{key['terraform'].upper()}_KEY_ARN" for name, key in asked.KEY_SETS.items() if name != "requests")
    found = [(s["Action"], sorted(s["Resource"])) for s in policy("operate")["Statement"] if s["Sid"] == "SealingKeys"]
    check("and the keys that commands seal and open by", found, [(["kms:GenerateMac"], keys)])
    (named,) = (s["Resource"] for s in policy("deploy")["Statement"] if s["Sid"] == "KeysName")
    aliases = sorted(name.rpartition("NAME-")[2] for name in named)
    check("who deploys names the key of each set of functions", aliases, sorted(key["terraform"] for key in asked.KEY_SETS.values()))


# The provider's names of services, as IAM has them.
SERVICES = {"cloudwatch logs": "logs", "cloudwatch": "cloudwatch", "dynamodb": "dynamodb", "iam": "iam", "kms": "kms", "lambda": "lambda"}
# Of a call that IAM knows by another name.
OTHERWISE = {"s3:HeadObject": "s3:GetObject"}


def check_terraform(log):
    section("Policies: who deploys with Terraform")
    called = set()
    # An entry's body may have lines of its own, and its members come in any order.
    for entry in re.split(r"(?m)^(?=\d{4}-\d\d-\d\dT)", pathlib.Path(log).read_text()):
        found = lambda key: next((a or b for a, b in re.findall(rf'(?<=[ ]){key}=(?:"([^"]*)"|(\S+))', entry)), "")
        service, method = found("rpc[.]service").lower(), found("rpc[.]method")
        # STS is asked who asks, which needs no permission.
        if "HTTP Request Sent" not in entry or service in ("", "sts"):
            continue
        if service == "apigatewayv2":
            called.add(f"apigateway:{found('http[.](?:request[.])?method')}")
        else:
            action = f"{SERVICES.get(service, service)}:{method}"
            called.add(OTHERWISE.get(action, action))
    check("the provider said what it called", len(called) > 20, True)
    check("each call is one of the policies'", sorted(called - actions(*TERRAFORM)), [])


def main():
    if sys.argv[1] == "--terraform":
        check_terraform(sys.argv[2])
        return finish()
    template = json.loads(pathlib.Path(sys.argv[1]).read_text())
    kinds = {resource["Type"] for resource in template["Resources"].values()}
    # The database of actions is older than some schemas.
    check_form(set(get_all_actions(lowercase=True)) | asked_of(kinds))
    check_guide()
    check_deployer(kinds)
    check_roles()
    check_boundary(template)
    check_operators()
    finish()


if __name__ == "__main__":
    main()
