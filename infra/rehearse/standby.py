"""Adds a stand-by region to the tables of the Terraform example, as the deployment guide does: beside Terraform."""

import asked
from account import client
from checks import check, finish, section

NAME = "latchkey"
STANDBY = "eu-central-1"

section("Terraform: a stand-by region")
dynamodb = client("dynamodb")
for table in asked.KEYS:
    name = f"{NAME}-{table}"
    # DynamoDB turns the stream on by itself for a replica. The emulator has to be told.
    dynamodb.update_table(TableName=name, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    dynamodb.update_table(TableName=name, ReplicaUpdates=[{"Create": {"RegionName": STANDBY}}])
    found = dynamodb.describe_table(TableName=name)["Table"]
    check(f"{table}: has a replica and a stream", ([r["RegionName"] for r in found.get("Replicas", [])], found["StreamSpecification"]["StreamEnabled"]), ([STANDBY], True))
finish()
