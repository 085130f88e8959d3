"""The functions' packages: as they are built, built again, and built so that they do not start.

    packages.py OUT              packages that nothing invokes, a folder for each function
    packages.py OUT PROGRAMS     of the programs in this folder
"""

import io
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

import asked

DOES_NOT_START = b"#!/bin/sh\necho 'this build does not start' >&2\nexit 1\n"


def package(program):
    entry = zipfile.ZipInfo("bootstrap")
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o100755 << 16
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        zipped.writestr(entry, program, compresslevel=1)
    return made.getvalue()


def another(packed):
    """Another build of the same program: what is beside it in the package differs."""
    made = io.BytesIO(packed)
    with zipfile.ZipFile(made, "a") as zipped:
        zipped.writestr(zipfile.ZipInfo("build.txt"), "another")
    return made.getvalue()


def that_does_not_start(_packed):
    return package(DOES_NOT_START)


def without_symbols(program):
    """They are most of a program that was built for tests."""
    if not shutil.which("strip"):
        return program.read_bytes()
    with tempfile.NamedTemporaryFile() as stripped:
        subprocess.run(["strip", "-o", stripped.name, program], check=True)
        return pathlib.Path(stripped.name).read_bytes()


def path_of(folder, function):
    """As `cargo lambda build` lays them out."""
    return pathlib.Path(folder, function, "bootstrap.zip")


def rebuilt(folder, into, build):
    """The packages of a folder, built once more."""
    for function in asked.PACKAGES:
        path_of(into, function).parent.mkdir(parents=True)
        path_of(into, function).write_bytes(build(path_of(folder, function).read_bytes()))


def main(out, programs=None):
    for function in asked.PACKAGES:
        program = without_symbols(pathlib.Path(programs, function)) if programs else f"#!/bin/sh\necho {function}\n"
        path_of(out, function).parent.mkdir(parents=True)
        path_of(out, function).write_bytes(package(program))


if __name__ == "__main__":
    main(*sys.argv[1:])
