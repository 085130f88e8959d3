"""Versions of the functions in the expanded template: which parameter makes new ones."""

import re

import asked
from checks import check
from sam import Resolved, name_of
from sam_options import EXISTING, ON

# Of a function's properties, those that are not part of a version.
NOT_OF_A_VERSION = {"ReservedConcurrentExecutions", "Role", "Tags"}
# What each parameter of a function may be changed to, where its pattern does not say.
OTHER = {
    "AuthorizeMemorySize": "1024",
    "Architecture": "x86_64",
    "Cdn": "true",
    "CdnOnly": "false",
    "CheckTokenClient": "true",
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/c",
    "DomainName": "other.example.org",
    "MemorySize": "1024",
    "Subject": "legacy",
    "Tracing": "false",
}


def check_versions(template, defaults):
    """A version is made new by whatever changes its function, and by nothing else: Lambda publishes nothing where the
    function is as it was, and CloudFormation then takes the whole deployment back. Each parameter is changed by itself, with
    everything off, and with everything on."""

    def made_of(parameters):
        it = Resolved(template, parameters)
        settings = {name: properties["Content"] for name, properties in it.of("AWS::AppConfig::HostedConfigurationVersion").items()}
        described = {
            name.partition("Version")[0]: re.sub(r"\$\{(\w+)\}", lambda match: settings[match[1]], version["Description"])
            for name, version in it.of("AWS::Lambda::Version").items()
        }
        # By its name, whether the stack makes it or not.
        groups = {f"${{{name}}}": group["LogGroupName"] for name, group in it.of("AWS::Logs::LogGroup").items()}
        functions = {
            name: {key: groups.get(value["LogGroup"], value["LogGroup"]) if key == "LoggingConfig" else value for key, value in properties.items() if key not in NOT_OF_A_VERSION}
            for name, properties in it.of("AWS::Lambda::Function").items()
        }
        return functions, described

    changed_by = lambda before, after: {name for name in before if before[name] != after[name]}
    wrong, reached = [], set()
    for what, base in (("off", defaults), ("on", defaults | ON), ("over what exists", defaults | EXISTING)):
        functions, described = made_of(base)
        versioned = set(described)
        for name in template["Parameters"]:
            to = OTHER.get(name, "7")
            other = made_of(base | {name: to if base[name] != to else defaults[name]})
            new = changed_by(functions, other[0])
            reached |= {name} if new else set()
            # The check has no versions.
            new &= versioned
            if new != changed_by(described, other[1]):
                wrong.append((what, name, sorted(new), sorted(changed_by(described, other[1]))))
    check("a version is new where its function is, and nowhere else, whatever parameter changes", wrong, [])
    settings = {s["parameter"] for s in asked.SETTINGS if s["parameter"]}
    check("every setting reaches a function", sorted(settings - reached), [])
    it = Resolved(template, defaults)
    for kind in ("Function", "Version"):
        kept = {resource.get("UpdateReplacePolicy") for name, resource in it.resources.items() if resource["Type"] == f"AWS::Lambda::{kind}" and name != name_of(asked.CHECK)}
        check(f"a {kind.lower()} that is replaced is kept", kept, {"Retain"})
