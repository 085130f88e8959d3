"""The commands of the guide, as they are written there: the rehearsal runs these, so that an operator can."""

import os
import pathlib
import re
import shlex
import subprocess

ROOT = pathlib.Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("infra/**/*.md"), *ROOT.glob("docs/**/*.md")])
# What a reader puts in: words of capitals. The type of an attribute is none.
PLACEHOLDER = r"\b(?:OLD|NEW|(?<!AttributeType=)N|KEY|REGION|TIME|TABLE|CLIENT_ID|GRANT_ID)\b"


class Missing(Exception):
    pass


def written():
    """Every command of the pages: a line of code with its continuations, or a piece of code within a sentence."""
    for page in PAGES:
        text = re.sub(r" *\\\n *", " ", page.read_text())
        yield from re.findall(r"^ {4,}(\S.*)$", text, re.M)
        yield from re.findall(r"`([^`]+)`", text.replace("\n", " "))


def block(beginning):
    """The indented text of the pages that begins so, paragraph after paragraph."""
    found = [match[0] for page in PAGES for match in re.finditer(rf"^    {beginning}(\n+    .*)*", page.read_text(), re.M)]
    if len(found) != 1:
        raise Missing(f"not one text of the guide begins with {beginning!r} but {len(found)}")
    return re.sub("^    ", "", found[0], flags=re.M)


def command(beginning, **put):
    """The one command that begins so, with what a reader puts in. `latchkey-issue` stands for each function."""
    found = {re.sub(" +", " ", each).partition("  #")[0].strip() for each in written()}
    found = {each for each in found if each == beginning or each.startswith(beginning + " ")}
    # A sentence may name a command by its first words.
    found = {each for each in found if not any(other != each and other.startswith(each + " ") for other in found)}
    if len(found) != 1:
        raise Missing(f"not one command of the guide begins with {beginning!r} but {sorted(found)}")
    words = shlex.split(found.pop())
    put = {name.replace("_issue", "-issue"): value for name, value in put.items()}
    for name, value in put.items():
        words = [re.sub(rf"(?<![\w-]){name}(?![\w-])", lambda _: str(value), word) for word in words]
    if left := [word for word in words if "…" in word or re.search(PLACEHOLDER, word) and word not in put.values()]:
        raise Missing(f"{beginning!r}: the rehearsal does not know what to put in for {left}")
    return words


def run_block(beginning, cwd):
    """Runs the indented text of the pages that begins so, as an operator's shell does."""
    # As a module, because the first line of its program names the folder that it was installed in, which may have moved.
    aws = 'aws() { python3 -m awscli "$@"; }\n'
    done = subprocess.run(["bash", "-euc", aws + block(beginning)], cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{beginning}: {done.stderr or done.stdout}")
    return done.stdout


def run(beginning, cwd=None, environment=None, **put):
    """Runs it as an operator's shell does; `aws` is the real command line, against the emulator."""
    words = command(beginning, **put)
    done = subprocess.run(words, cwd=cwd, env=os.environ | (environment or {}), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{shlex.join(words)}: {done.stderr or done.stdout}")
    return done.stdout
