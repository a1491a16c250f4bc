"""A minimal peer: the same two queries, answered as JSON. No keys, no checks.

It speaks to the Runtime API itself, which is cheaper than Lambda's own client.
"""

import http.client
import json
import os

import boto3
from boto3.dynamodb.types import TypeDeserializer

TABLE, PK, LIST_PK = os.environ["PEER_TABLE"], os.environ["PEER_PK"], os.environ["PEER_LIST_PK"]
client = boto3.client("dynamodb")
deserialize = TypeDeserializer().deserialize
runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
BASE = "/2018-06-01/runtime/invocation/"


def unpacked(item):
    """An item as plain values; part of it is packed as JSON in one attribute."""
    plain = {name: deserialize(value) for name, value in item.items()}
    return plain | json.loads(plain.pop("doc", "{}"))


def get():
    """The ticket with its newest 20 messages."""
    items = client.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk AND sk BETWEEN :from AND :to",
        ExpressionAttributeValues={":pk": {"S": PK}, ":from": {"S": "M#"}, ":to": {"S": "T"}},
        ScanIndexForward=False,
        ConsistentRead=True,
        Limit=22,
    )["Items"]
    head, *messages = (unpacked(item) for item in items)
    return {"data": head | {"messages": messages[:20]}}


def page():
    """25 open tickets, newest activity first."""
    items = client.query(
        TableName=TABLE,
        IndexName="list",
        KeyConditionExpression="l_pk = :pk",
        ExpressionAttributeValues={":pk": {"S": LIST_PK}},
        ScanIndexForward=False,
        Limit=26,
    )["Items"]
    return {"data": [unpacked(item) for item in items[:25]]}


def call(method, path, body=None):
    """One exchange with the Runtime API."""
    runtime.request(method, BASE + path, body)
    response = runtime.getresponse()
    return response.headers, response.read()


while True:
    headers, event = call("GET", "next")
    answer = get() if json.loads(event)["rawPath"] == "/get" else page()
    body = json.dumps(answer, default=str)
    response = {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": body}
    call("POST", headers["Lambda-Runtime-Aws-Request-Id"] + "/response", json.dumps(response))
