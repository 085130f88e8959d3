"""What infra/package writes: the same bytes from the same programs, whenever and wherever it runs.

    packaged.py zip PROGRAM ZIP            a function's package: the program, as `bootstrap`
    packaged.py tar ARCHIVE FILE...        a program and its papers; NAME=FILE puts a file under another name
    packaged.py list SBOM LICENCES OUT     cargo-cyclonedx' list, of what LICENCES names alone, without place and time
"""

import gzip
import io
import json
import pathlib
import sys
import tarfile
import zipfile


def write_zip(program, out):
    entry = zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0))
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o100755 << 16
    with zipfile.ZipFile(out, "w") as package:
        package.writestr(entry, pathlib.Path(program).read_bytes(), compresslevel=9)


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


{"zip": write_zip, "tar": write_tar, "list": write_list}[sys.argv[1]](*sys.argv[2:])
