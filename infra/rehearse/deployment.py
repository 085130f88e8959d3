"""Terraform's example in the emulator: applied, planned, destroyed, as an operator does."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import account

HERE = pathlib.Path(__file__).parent
PLUGINS = os.environ.get("REHEARSAL_PLUGINS", "")


UNREAD = {"aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm", "aws_cloudwatch_dashboard"}
# What an apply may change and never replaces. An invocation that asks a version is made anew for each version.
STAYING = {
    "aws_apigatewayv2_api",
    "aws_cloudwatch_log_group",
    "aws_dynamodb_table",
    "aws_iam_role",
    "aws_kms_key",
    "aws_lambda_alias",
    "aws_lambda_function",
}


class Failed(Exception):
    pass


class Deployment:
    """`settings`: what an operator writes into the block of the module. Each apply keeps those before it."""

    def __init__(self, module, folder, packages, region="eu-west-1", settings=()):
        self.region, self.settings = region, dict(settings)
        shutil.copytree(module, folder, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*"))
        self.example = pathlib.Path(folder, "examples", "basic")
        self.packages(packages)
        self.terraform("init", "-lockfile=readonly", f"-plugin-dir={PLUGINS}")

    def packages(self, folder):
        self.settings["packages"] = str(folder)

    def terraform(self, *arguments):
        words = ["terraform", f"-chdir={self.example}", *arguments]
        if arguments[0] not in ("output", "show", "state"):
            words.append("-no-color")
        environment = os.environ | {"TF_VAR_region": self.region, "AWS_REGION": self.region}
        done = subprocess.run(words, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"terraform {arguments[0]}: {done.stderr or done.stdout}")
        return done.stdout

    def write(self):
        """An override file merges into the example's block, as if it were written there."""
        block = {"module": {"latchkey": self.settings}}
        (self.example / "life_override.tf.json").write_text(json.dumps(block))

    def apply(self, **settings):
        """The addresses of what was destroyed, of what must stay."""
        self.settings |= settings
        self.write()
        # What this run made, nothing else has changed: the plans at the ends of parts look.
        done = self.terraform("apply", "-auto-approve", "-refresh=false")
        destroyed = re.findall(r"^(.+): Destroying\.\.\.", done, re.M)
        return [address for address in destroyed if any(f".{kind}." in address for kind in STAYING)]

    def planned(self, *options):
        """The addresses that a plan changes, with all read anew. Not the alarms, nor the dashboard that shows one: this emulator
        forgets half of each alarm in what Terraform reads. In moto a second plan changes none."""
        self.write()
        self.terraform("plan", f"-out={self.example}/plan", *options)
        changes = json.loads(self.terraform("show", "-json", str(self.example / "plan"))).get("resource_changes", [])
        changes = [change for change in changes if change["change"]["actions"] not in (["no-op"], ["read"])]
        return [change["address"] for change in changes if change["type"] not in UNREAD]

    def outputs(self):
        return {name: output["value"] for name, output in json.loads(self.terraform("output", "-json")).items()}

    def variable(self, function, name):
        find = account.client("lambda", self.region).get_function_configuration
        return find(FunctionName=f"latchkey-{function}", Qualifier="live")["Environment"]["Variables"].get(name)
