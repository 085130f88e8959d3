"""The SAM template, expanded as AWS would, and as it is with one set of parameters."""

import json
import pathlib
import re

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

import asked

STACK = "rehearsal"
BUCKET = "rehearsal-packages"
REGION = boto3.Session().region_name or "eu-west-1"
PSEUDO = {
    "AWS::StackName": STACK,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::AccountId": "123456789012",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NoValue": None,
}

TABLES = {"clients": "ClientsTable", "tokens": "TokensTable", "users": "UsersTable", "audit": "AuditTable"}

# SAM local changes only variables that the template declares.
PERMITTED = {"AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_KMS"}


def load(path):
    return yaml_parse(pathlib.Path(path).read_text())


def name_of(function):
    """Logical name of a function: issue is IssueFunction."""
    return f"{function.capitalize()}Function"


def written(template):
    """As CloudFormation takes it."""
    return json.dumps(template, default=str)


def expand(template, parameters, keys=None):
    """What `sam build` and `sam deploy` do to the code's address, then AWS's own transform."""
    template["Globals"]["Function"].pop("CodeUri", None)
    for function in asked.PACKAGES:
        template["Resources"][name_of(function)]["Properties"]["CodeUri"] = {"Bucket": BUCKET, "Key": (keys or {}).get(function, f"{function}.zip")}
    session = boto3.Session(region_name=REGION)
    return Translator({}, Parser(), boto_session=session).translate(template, dict(parameters))


class Resolved:
    """The expanded template as it is with one set of parameters. What only AWS knows stays as ${Name} or ${Name.Attribute}."""

    def __init__(self, template, parameters):
        self.template, self.parameters = template, parameters
        self.resources = {
            name: self.value({**resource, "Condition": None})
            for name, resource in template["Resources"].items()
            if self.condition(resource.get("Condition"))
        }

    def condition(self, name):
        return name is None or self.value(self.template["Conditions"][name])

    def value(self, value):
        if isinstance(value, list):
            return [item for item in map(self.value, value) if item is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (key, argument), *_ = value.items()
            match key:
                case "Ref":
                    return PSEUDO[argument] if argument in PSEUDO else self.parameters.get(argument, f"${{{argument}}}")
                case "Fn::GetAtt":
                    name, _, attribute = ".".join([argument] if isinstance(argument, str) else argument).partition(".")
                    # A log group's ARN covers its streams: CloudFormation ends it with :*.
                    star = ":*" if self.template["Resources"][name]["Type"] == "AWS::Logs::LogGroup" else ""
                    return f"${{{name}.{attribute}}}{star}"
                case "Fn::Sub":
                    text, known = argument if isinstance(argument, list) else (argument, {})
                    known = {name: self.value(item) for name, item in known.items()}
                    put = lambda match: str(known.get(match[1]) or self.value({"Ref": match[1]}))
                    return re.sub(r"\$\{([^!}]+)\}", put, text)
                case "Fn::Join":
                    return argument[0].join(map(str, self.value(argument[1])))
                case "Fn::If":
                    return self.value(argument[1] if self.condition(argument[0]) else argument[2])
                case "Fn::Equals":
                    return str(self.value(argument[0])) == str(self.value(argument[1]))
                case "Fn::Not":
                    return not self.value(argument[0])
                case "Fn::And":
                    return all(map(self.value, argument))
                case "Fn::Or":
                    return any(map(self.value, argument))
                case "Condition" if isinstance(argument, str):
                    return self.condition(argument)
        found = {key: self.value(item) for key, item in value.items()}
        return {key: item for key, item in found.items() if item is not None}

    def permits(self, function):
        """All that a function's role may do: by its own policy, and by those that are attached beside it."""
        role = f"{function.capitalize()}Role"
        beside = [p for p in self.of("AWS::IAM::Policy").values() if p["Roles"] == [f"${{{role}}}"]]
        (own,) = self.resources[role]["Properties"]["Policies"]
        return {"Statement": [s for policy in (own, *beside) for s in policy["PolicyDocument"]["Statement"]]}

    def of(self, kind):
        return {name: r["Properties"] for name, r in self.resources.items() if r["Type"] == kind}
