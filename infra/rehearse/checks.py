"""One line for each thing checked, and the exit code."""

import sys

_differences = 0


def section(title):
    print(f"\n== {title}", flush=True)


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
