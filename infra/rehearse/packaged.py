"""Reads what `sam package` made of a release's folder: each function has its own program, in S3.

    packaged.py TEMPLATE PACKAGES     TEMPLATE: what `sam package` wrote; PACKAGES: folder of the programs that it must have
"""

import pathlib
import sys

import account
import asked
import sam
from checks import check, finish

resources = sam.load(sys.argv[1])["Resources"]
for function in asked.PACKAGES:
    place = resources[sam.name_of(function)]["Properties"]["CodeUri"]
    bucket, _, key = place.removeprefix("s3://").partition("/")
    found = account.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    check(f"{function}: has its own program", found == pathlib.Path(sys.argv[2], function, "bootstrap.zip").read_bytes(), True)
finish()
