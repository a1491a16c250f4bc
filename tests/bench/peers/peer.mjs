// A minimal peer: the same two queries, answered as JSON. No keys, no checks.
// It speaks to the Runtime API itself, which is cheaper than Lambda's own client.
import http from "node:http";
import { DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";

const { AWS_LAMBDA_RUNTIME_API, PEER_TABLE, PEER_PK, PEER_LIST_PK } = process.env;
const client = new DynamoDBClient({});
const agent = new http.Agent({ keepAlive: true });

const value = ({ S, N, BOOL, NULL, L, M, SS }) => {
  if (S !== undefined) return S;
  if (N !== undefined) return Number(N);
  if (BOOL !== undefined) return BOOL;
  if (NULL) return null;
  if (L) return L.map(value);
  if (M) return object(M);
  return SS;
};
const object = (item) => Object.fromEntries(Object.entries(item).map(([name, one]) => [name, value(one)]));
// Part of an item is packed as JSON in one attribute.
const unpacked = ({ doc, ...rest }) => (doc === undefined ? rest : { ...rest, ...JSON.parse(doc) });

async function get() {
  const query = {
    TableName: PEER_TABLE,
    KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
    ExpressionAttributeValues: { ":pk": { S: PEER_PK }, ":from": { S: "M#" }, ":to": { S: "T" } },
    ScanIndexForward: false,
    ConsistentRead: true,
    Limit: 22,
  };
  const { Items } = await client.send(new QueryCommand(query));
  const [head, ...messages] = Items.map((item) => unpacked(object(item)));
  return { data: { ...head, messages: messages.slice(0, 20) } };
}

async function list() {
  const query = {
    TableName: PEER_TABLE,
    IndexName: "list",
    KeyConditionExpression: "l_pk = :pk",
    ExpressionAttributeValues: { ":pk": { S: PEER_LIST_PK } },
    ScanIndexForward: false,
    Limit: 26,
  };
  const { Items } = await client.send(new QueryCommand(query));
  return { data: Items.slice(0, 25).map((item) => unpacked(object(item))) };
}

function call(method, path, body) {
  const [host, port] = AWS_LAMBDA_RUNTIME_API.split(":");
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, agent, path: `/2018-06-01/runtime/invocation/${path}` }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

for (;;) {
  const { headers, body } = await call("GET", "next");
  const event = JSON.parse(body);
  const answer = event.rawPath === "/get" ? await get() : await list();
  const response = { statusCode: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(answer) };
  await call("POST", `${headers["lambda-runtime-aws-request-id"]}/response`, JSON.stringify(response));
}
