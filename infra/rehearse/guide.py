"""Whether AWS's command line takes each of its commands as the guide writes them: service, operation and options. Runs in the
environment of that command line; asks for a skeleton of each request, and sends none."""

import contextlib
import io
import re
import shlex

from awscli.clidriver import create_clidriver

import runbook
from checks import check, finish, section

# Of AWS's own command line, and of nothing that begins so. `aws s3` makes several requests and has no skeleton.
COMMAND = r"aws (?!s3 )[a-z0-9-]+ [a-z0-9-]+( .*)?"


def said(command):
    """What it complains of; nothing where it takes the command."""
    # Up to a pipe; with a number where a reader puts one in, and a document in the place of a file.
    words = [re.sub(r"(?<==)N\b", "1", re.sub("^file://.*", "{}", word)) for word in shlex.split(command, comments=True)[1:]]
    words = words[: words.index("|")] if "|" in words else words
    told = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(told):
        try:
            code = create_clidriver().main([*words, "--generate-cli-skeleton", "input"])
        except SystemExit as end:
            code = end.code
    return told.getvalue().strip().rpartition("\n")[2] if code else None


section("The guide's commands, as AWS's command line takes them")
for command in sorted({each for each in runbook.written() if re.fullmatch(COMMAND, each)}):
    check(command, said(command), None)
finish()
