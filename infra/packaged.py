"""What infra/package writes: the same bytes from the same programs, whenever and wherever it runs.

    packaged.py zip PROGRAM ZIP            a function's package: the program, as `bootstrap`
    packaged.py tar ARCHIVE FILE...        a program and its papers; NAME=FILE puts a file under another name
    packaged.py list SBOM LICENCES OUT     cargo-cyclonedx' list, of what LICENCES names alone, without place and time
    packaged.py sam ARCHIVE ARCHITECTURE FUNCTION=ZIP...
                                           a folder that `sam deploy` takes as it is: the template over the zips, and
                                           samconfig.toml
"""

import gzip
import io
import json
import pathlib
import re
import sys
import tarfile
import zipfile


def write_zip(program, out):
    entry = zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0))
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o100755 << 16
    with zipfile.ZipFile(out, "w") as package:
        package.writestr(entry, pathlib.Path(program).read_bytes(), compresslevel=9)


def write_sam(out, architecture, *packages):
    packages = dict(package.split("=", 1) for package in packages)
    template = template_over(packages, architecture, pathlib.Path("infra/template.yaml").read_text())
    # Of the tree's own, what needs no build.
    config = re.findall(r"(?m)^\[default\.(?:global|deploy)\.parameters\]\n(?:(?!\[|#|\n).*\n)+", pathlib.Path("samconfig.toml").read_text())
    files = {"template.yaml": template.encode(), "samconfig.toml": ('version = 0.1\n\n' + "\n".join(config)).encode()}
    files |= {f"{function}.zip": pathlib.Path(path).read_bytes() for function, path in packages.items()}
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
            archive.writestr(entry, content, compresslevel=9)


def template_over(packages, architecture, template):
    """The template with a zip beside it for each function, in place of what builds it."""

    def change(pattern, to, times=1):
        nonlocal template
        template, found = re.subn(pattern, to, template)
        if found != times:
            sys.exit(f"packaged.py: infra/template.yaml has {found} times, and not {times} times: {pattern}")

    change(r"\n    CodeUri: \.\./\n", "\n")
    change(r"(?s)      BuildMethod: rust-cargolambda\n      BuildProperties:\n        Binary: (\w+)\n(.*?\n    Properties:\n)", r"\2      CodeUri: \1.zip\n", len(packages))
    change(r"\n    Default: arm64\n    AllowedValues: \[arm64, x86_64\]\n    Description: .*\n    ConstraintDescription: .*\n", f"\n    Default: {architecture}\n    AllowedValues: [{architecture}]\n    Description: Processor of the functions, which the zips are for\n    ConstraintDescription: must be {architecture}\n")
    missing = [function for function in packages if f"      CodeUri: {function}.zip\n" not in template]
    if missing:
        sys.exit(f"packaged.py: infra/template.yaml has no function for {missing}")
    return template


def write_tar(out, *files):
    # A member has no owner and no time unless told so, and gzip writes none but the one it is given.
    with open(out, "wb") as target, gzip.GzipFile("", "wb", 9, target, mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        for file in files:
            name, _, path = file.rpartition("=")
            content = pathlib.Path(path).read_bytes()
            member = tarfile.TarInfo(name or path)
            member.size, member.mode = len(content), 0o755 if name else 0o644
            archive.addfile(member, io.BytesIO(content))


def write_list(source, licences, out):
    here = pathlib.Path.cwd().as_uri()
    text = pathlib.Path(source).read_text()
    sbom = json.loads(text.replace(f"path+{here}#", "").replace(f"path+{here}/", ""))
    del sbom["serialNumber"], sbom["metadata"]["timestamp"]
    has = {line.split("|")[0] for line in pathlib.Path(licences).read_text().splitlines()}
    kept = [part for part in sbom["components"] if "{name} v{version}".format(**part) in has]
    refs = {part["bom-ref"] for part in kept} | {sbom["metadata"]["component"]["bom-ref"]}
    sbom["components"] = kept
    sbom["dependencies"] = [
        edge | {"dependsOn": [ref for ref in edge.get("dependsOn", []) if ref in refs]}
        for edge in sbom["dependencies"]
        if edge["ref"] in refs
    ]
    pathlib.Path(out).write_text(json.dumps(sbom, indent=1))


{"zip": write_zip, "tar": write_tar, "list": write_list, "sam": write_sam}[sys.argv[1]](*sys.argv[2:])
