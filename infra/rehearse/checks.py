"""One line for each thing checked, and the exit code."""

import sys
import traceback

_differences = 0


def cannot_go_on(kind, error, trace):
    """What is compared lacks something that everything else needs: a difference, told in one line as the others are."""
    where = traceback.extract_tb(trace)[-1]
    missing = f"{error.args[0]!r} is not there" if issubclass(kind, (KeyError, IndexError, StopIteration)) and error.args else f"{kind.__name__}: {error}"
    place = f"{where.filename.rpartition('/')[2]}:{where.lineno}"
    print(f"NOT  {missing}, so nothing further is compared\n       {place}: {where.line}", flush=True)


sys.excepthook = cannot_go_on


def section(title):
    print(f"\n== {title}", flush=True)


def instead(what):
    """What the rehearsal does in the place of AWS, because the emulator does not."""
    print(f"--   in AWS's place: {what}", flush=True)


def check(what, found, asked):
    global _differences
    if found == asked:
        print(f"ok   {what}", flush=True)
        return
    _differences += 1
    if isinstance(found, dict) and isinstance(asked, dict):
        same = {key for key in found.keys() & asked.keys() if found[key] == asked[key]}
        found = {key: value for key, value in found.items() if key not in same}
        asked = {key: value for key, value in asked.items() if key not in same}
    print(f"NOT  {what}\n       asked: {asked!r}\n       found: {found!r}", flush=True)


def finish():
    sys.exit(1 if _differences else 0)
