"""What SAM's template refuses before anything is made: values of parameters, and names of stacks. And that the longest values that
it takes make a deployment."""

import json
import pathlib
import re

import cfnlint

import asked
import sam
from checks import check, section

GUARD = "StackNameIsShortEnough"
# Resources that SAM adds. A template cannot say what they wait for.
OF_SAM = {"AWS::CodeDeploy::Application"}

# How a parameter says between which numbers it must be.
NUMBER = re.compile(r"from (-?\d+)(?: \([^)]*\))? to (\d+)")
# Of each parameter that is no number with bounds: values that are refused. An account's number has twelve digits.
ARN = "arn:aws:{}:eu-west-1:123456789012:{}".format
BOOLEAN = ["", "yes", "True", "1"]
TABLE = ["no", "a table", "t" * 256, ARN("dynamodb", "table/clients")]
REFUSED = {
    "SealingKeyNames": ["", "v1,", ",v1", "v1, v2", "v1;v2", "pages/v1", "v" * 33],
    "SignatureHost": ["", "https://www.oclc.org", "www.oclc.org/", "www.oclc.org:443", "-a", "a" * 65],
    "SignaturePath": ["", "wskey", "/ws key", "/wskey?", "/wskey#", "/" + "w" * 64],
    "IssuerUrl": ["http://id.example.org", "https://id.example.org/", "id.example.org", "https://" + "a" * 57],
    "ErrorPages": ["http://docs.example.org", "https://docs.example.org/?a", "https://docs.example.org/#a", "https://docs.example.org/" + "a" * 200],
    "PageName": ["", " ", "a\nb", " Latchkey", "L" * 33],
    "PageLogoUrl": ["http://example.org/logo.png", "/logo.png", "https://example.org/lo go.png", "https://example.org/" + "a" * 70],
    "PageColor": ["", "red", "#fff", "#1f4e8g", "1f4e8c"],
    "PageHelpUrl": ["http://example.org", "help@example.org", "javascript:alert(1)", "https://example.org/" + "a" * 200],
    "CheckTokenClient": BOOLEAN,
    "Subject": ["V2", "v3", "v2 ", "v2,legacy"],
    "ScopesSupported": [" ", "WMS_NCIP ", " WMS_NCIP", "a  b", "a\tb", 'a"', "a\\b", "ä", "a" * 1501],
    "ServiceDocumentation": ["http://docs.example.org", "docs.example.org", "https://docs.example.org/a b", "https://docs.example.org/" + "a" * 200],
    "RouteScopes": ["", "{GET", '["GET /loans"]', '{"GET /loans":"a"}\n', '{"' + "a" * 3000 + '"}'],
    "MultiRegionKey": BOOLEAN,
    "Architecture": ["", "arm", "x86", "ARM64"],
    "LogRetentionDays": ["0", "2", "31", "3654", "-1", "forever"],
    "Tracing": BOOLEAN,
    "Revision": ["", "nine-long", "123456789", "a b"],
    "TrafficShift": ["", "Canary", "allatonce", "Linear10PercentEvery1Minute"],
    "CheckClientSecret": [ARN("secretsmanager", "secret:latchkey/check-a1B2c3"), "a b", "a" * 513],
    "AlarmEmail": ["operators", "a b@example.org", "@example.org", "operators@", "a" * 250 + "@b.cc"],
    "NotesTopicArn": ["notes", ARN("sqs", "notes"), "arn:aws:sns:eu-west-1:12:notes", ARN("sns", "a b")],
    "Release": ["a b", "v1;v2", "r" * 129],
    "AlarmTopicArn": ["operators", ARN("sqs", "operators"), "arn:aws:sns:eu-west-1:12:operators", ARN("sns", "a b")],
    "ExistingClientsTable": TABLE,
    "ExistingTokensTable": TABLE,
    "ExistingUsersTable": TABLE,
    "ExistingAuditTable": TABLE,
    **{f"Existing{key['sam']}Arn": ["alias/a", ARN("kms", "alias/a"), "00000000-0000-0000-0000-000000000000"] for key in asked.KEY_SETS.values()},
    "OldKeys": ["None", "all", "open,seal", "none "],
    "ExistingLogGroups": BOOLEAN,
    "DeletionProtection": BOOLEAN,
    "PermissionsBoundary": ["boundary", "arn:aws:iam::123456789012:role/boundary", "arn:aws:iam::12:policy/boundary", "arn:aws:iam::123456789012:policy/"],
    "RolePath": ["services", "/services", "services/", "//", "/ser vices/", "/" + "a" * 255 + "/"],
    "DomainName": ["https://a.example.org", "localhost", "A.example.org", "a.example.org.", "a" * 60 + ".example.org"],
    "CertificateArn": ["certificate", ARN("iam", "server-certificate/a"), ARN("acm", "certificate/")],
    "HostedZoneId": ["example.org", "/hostedzone/Z1", "z1", "Z" * 33],
    "Cdn": BOOLEAN,
    "CdnSecret": [ARN("secretsmanager", "secret:latchkey/cdn-a1B2c3"), "a b", "a:b", "a}", "a" * 129],
    "CdnSecretKey": ["", "v 1", "v:1", "v1,v2", "v" * 17, "}"],
    "CdnSecretKeyToo": ["v 1", "v:1", "v1,v2", "v" * 17, "}"],
    "CdnOnly": BOOLEAN,
    "WebAclArn": [
        ARN("wafv2", "global/webacl/a/00000000-0000-0000-0000-000000000000"),
        "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/a/00000000-0000-0000-0000-000000000000",
        "arn:aws:waf::123456789012:webacl/00000000-0000-0000-0000-000000000000",
    ],
}


def takes(parameter, value):
    """Whether CloudFormation takes a value: its whole text must fit the pattern."""
    if "AllowedValues" in parameter and value not in map(str, parameter["AllowedValues"]):
        return False
    if len(value) > int(parameter.get("MaxLength", 4096)) or len(value) < int(parameter.get("MinLength", 0)):
        return False
    return "AllowedPattern" not in parameter or bool(re.fullmatch(parameter["AllowedPattern"], value))


def check_refused(template):
    section("SAM: values out of bounds")
    parameters = template["Parameters"]
    # Numbers are tried beside their bounds.
    others = {name for name, parameter in parameters.items() if not NUMBER.search(parameter["ConstraintDescription"])}
    tried = set(REFUSED) | {name for name in others if name.endswith("ReservedConcurrency")}
    check("a bad value of every parameter is tried", sorted(others ^ tried), [])
    for name in sorted(tried):
        bad = REFUSED.get(name, ["", "-2", "1.5", "100001", "none"])
        check(f"{name}: these are refused", [value for value in bad if takes(parameters[name], value)], [])
        check(f"{name}: its default is taken", takes(parameters[name], str(parameters[name]["Default"])), True)


def check_parameters(template):
    """A number is taken from its least to its greatest, whole ones alone; the longest values still make a description."""
    longest = {name: parameter.get("Default", "") for name, parameter in template["Parameters"].items()}
    for name, parameter in template["Parameters"].items():
        if "MaxLength" in parameter:
            longest[name] = "x" * int(parameter["MaxLength"])
        if number := NUMBER.search(parameter["ConstraintDescription"]):
            least, greatest = map(int, number.groups())
            longest[name] = str(greatest)
            taken = lambda value: bool(re.search(parameter["AllowedPattern"], str(value)))
            asked_for = [least, (least + greatest) // 2, greatest], [least - 1, greatest + 1, f"{least}.5", "", "1e3", f" {least}"]
            check(f"{name}: from {least} to {greatest}, whole numbers alone", [[v for v in side if taken(v)] for side in asked_for], [asked_for[0], []])
        elif "AllowedPattern" in parameter:
            check(f"{name}: its default is one that it takes", bool(re.search(parameter["AllowedPattern"], parameter["Default"])), True)
    longest |= {"SignatureHost": "x" * 64, "SignaturePath": "x" * 64, "PageColor": "#000000", "Architecture": "x86_64"}
    return longest


# Characters of what exists already: the ARN of a key in the region of the longest name, and the longest name that a stack gives to a
# table. And of what CloudFormation puts in for the CDN's secrets: two of 128, each with a blank behind it.
KEY_ARN, TABLE_NAME, SECRETS = 86, 80, 258


def check_environments(template, longest):
    """Lambda takes 4 KB of variables, and refuses more only when half of a deployment is made."""
    existing = {name: KEY_ARN if name.endswith("KeyArn") else TABLE_NAME for name in template["Parameters"] if re.fullmatch("Existing(.+KeyArn|.+Table)", name)}
    check("what exists already: keys and tables", len(existing), len(asked.KEY_SETS) + len(asked.KEYS))
    longest = longest | {name: "x" * length for name, length in existing.items()}
    for issuer in ("IssuerUrl", "DomainName"):
        it = sam.Resolved(template, longest | {"IssuerUrl" if issuer == "DomainName" else "DomainName": ""})
        for name, function in it.of("AWS::Lambda::Function").items():
            variables = function["Environment"]["Variables"]
            if "LATCHKEY_PROXY_SECRETS" in variables:
                variables = variables | {"LATCHKEY_PROXY_SECRETS": "x" * SECRETS}
            length = sum(len(variable) + len(str(value)) for variable, value in variables.items())
            check(f"{name}: the longest variables with {issuer} take {length} of 4096 bytes", length <= 4096, True)


def schemas():
    """AWS's own schemas of resources, as cfn-lint carries them."""
    folder = pathlib.Path(cfnlint.__file__).parent / "data" / "schemas"
    files = json.loads((folder / "providers" / "us-east-1.json").read_text())
    return lambda kind: json.loads((folder / "resources" / f"{files[kind]}.json").read_text())


def too_long(it, schema):
    """Names of which AWS's schemas say that they are too long."""
    found = []
    for name, resource in it.resources.items():
        properties = schema(resource["Type"])["properties"]
        for key, value in resource["Properties"].items():
            bounds = properties.get(key, {})
            if not isinstance(value, str) or bounds.get("type") != "string" or sam.PSEUDO["AWS::StackName"] not in value:
                continue
            pattern = resource["Properties"].get("AllowedPattern") if name == GUARD and key == "Value" else bounds.get("pattern")
            # A pattern that is not Python's is not one of a name.
            if len(value) > bounds.get("maxLength", len(value)) or (key.endswith("Name") or name == GUARD) and pattern and not re.search(pattern, value):
                found.append(name)
    return found


def check_names(template, defaults):
    section("SAM: names of stacks")
    schema, pseudo = schemas(), dict(sam.PSEUDO)
    try:
        for region, options, suffix in (
            (sam.REGION, {}, "-authorizer"),
            ("us-east-1", {"Cdn": "true"}, "-us-east-1-refresh-rule"),
            ("ap-southeast-4", {"Cdn": "true"}, "-ap-southeast-4-refresh-rule"),
        ):
            for length, expected in ((64 - len(suffix), False), (65 - len(suffix), True)):
                sam.PSEUDO |= {"AWS::StackName": "s" * length, "AWS::Region": region}
                it = sam.Resolved(template, defaults | options)
                found = too_long(it, schema)
                what = f"of {length} characters in {region}{', with the CDN' if options else ''}"
                check(f"a name {what} is {'refused by what is made first' if expected else 'taken'}", GUARD in found, expected)
                # The limit is neither too wide nor too narrow.
                check(f"a name {what} {'would be' if expected else 'is not'} too long for AWS", bool(set(found) - {GUARD}), expected)
    finally:
        sam.PSEUDO |= pseudo


def check_order(template, parameters, what):
    """Nothing is made before the name of the stack was looked at."""
    it = sam.Resolved(template, parameters)
    waits = {}
    for name in it.resources:
        resource = template["Resources"][name]
        named = resource.get("DependsOn", [])
        text = json.dumps(it.resources[name]["Properties"])
        waits[name] = {named} if isinstance(named, str) else set(named)
        waits[name] |= {other for other in re.findall(r"\$\{(\w+)[.}]", text) if other in it.resources}
    early = {name for name, others in waits.items() if not others & set(it.resources) and it.resources[name]["Type"] not in OF_SAM}
    check(f"{what}: the name of the stack is looked at before anything is made", sorted(early), [GUARD])
