"""Schemathesis against the local stack: every operation of the document, with valid and
invalid requests; no check may find anything.

    python tests/proof/openapi.py target/debug/lambdesk-local

The operations meet things that exist: they are made first, through the API.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
# Test cases of an operation in the random phase.
EXAMPLES = os.environ.get("EXAMPLES", "30")
# Another one looks elsewhere.
SEED = os.environ.get("SEED", "1")
CONFIG = """
hooks = {hooks}

[auth.openapi.key]
bearer = "${{LAMBDESK_KEY}}"

# Ids that name nothing are 422 in bodies, and so is what two fields make bad together.
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 412, 422]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 409, 412, 413, 415, 422]

# What words are, and which tags there are, no schema says.
[[operations]]
include-operation-id = "get_v1_tickets"

[operations.checks]
positive_data_acceptance.expected-statuses = ["2xx", 400, 401, 403, 422]

[parameters]
{parameters}
"""


class Api:
    """The API of the stack, as its owner."""

    def __init__(self, variables):
        self.url, self.key = variables["LAMBDESK_URL"], variables["LAMBDESK_KEY"]

    def post(self, path, body):
        """The `data` of the answer."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["data"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def variables(file):
    """What the stack tells shells, once it is there."""
    for _ in range(300):
        if file.exists() and "LAMBDESK_ORIGIN" in (text := file.read_text()):
            lines = (line.removeprefix("export ").split("=", 1) for line in text.splitlines())
            return {name: value.strip("'") for name, value in lines}
        time.sleep(0.1)
    sys.exit("the local stack did not start")


def path_parameters(api):
    """Something that exists for every variable of a path."""
    contact = api.post("/v1/contacts", {"name": "Ada", "email": "ada@proof.example"})
    account = api.post("/v1/accounts", {"kind": "project", "contact_id": contact["id"]})
    ticket = api.post("/v1/tickets", {"subject": "Proof", "contact_id": contact["id"]})
    message = api.post(f"/v1/tickets/{ticket['id']}/messages", {"body_text": "Proof"})
    file = {"file_name": "proof.txt", "size": 1}
    hook = api.post("/v1/webhooks", {"url": "http://127.0.0.1:9/", "types": ["*"]})
    user = {"name": "Eve", "email": "eve@proof.example", "role": "agent"}
    key = {"name": "Proof", "kind": "machine", "scopes": ["tickets:read"]}
    field = {"key": "proof", "name": "Proof", "kind": "text"}
    return {
        "contact_id": contact["id"],
        "account_id": account["id"],
        "ticket_id": ticket["id"],
        "number": ticket["number"],
        "message_id": message["id"],
        "attachment_id": api.post(f"/v1/tickets/{ticket['id']}/attachments", file)["id"],
        "webhook_id": hook["id"],
        "delivery_id": api.post(f"/v1/webhooks/{hook['id']}/test", {})["id"],
        "user_id": api.post("/v1/users", user)["id"],
        "team_id": api.post("/v1/teams", {"name": "Proof"})["id"],
        "tag_id": api.post("/v1/tags", {"name": "Proof"})["id"],
        "category_id": api.post("/v1/categories", {"name": "Proof"})["id"],
        "field_id": api.post("/v1/custom-fields", field)["id"],
        "channel_id": api.post("/v1/channels", {"name": "Proof", "type": "form"})["id"],
        "api_key_id": api.post("/v1/api-keys", key)["id"],
    }


def run(stack, folder):
    """Schemathesis against a running stack; its exit code."""
    found = variables(folder / "demo.env")
    parameters = path_parameters(Api(found)) | {"channel_token": found["LAMBDESK_CHANNEL"]}
    lines = [f'"path.{name}" = {json.dumps(value)}' for name, value in parameters.items()]
    lines.append(f'"header.Origin" = {json.dumps(found["LAMBDESK_ORIGIN"])}')
    hooks = json.dumps(str((HERE / "hooks.py").resolve()))
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG.format(hooks=hooks, parameters="\n".join(lines)))
    program = Path(sys.executable).with_name("schemathesis")
    command = [program, "--config-file", config, "run", f"{found['LAMBDESK_URL']}/openapi.json"]
    # What deletes comes last, so that the rest meets what it is about.
    options = ["--phases", "coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", SEED, "--continue-on-failure", "--warnings", "off"]
    environment = os.environ | found
    for chosen in (["--exclude-method", "DELETE"], ["--include-method", "DELETE"]):
        code = subprocess.run([*command, *options, *chosen, *sys.argv[2:]], env=environment, cwd=folder).returncode
        if code or stack.poll() is not None:
            return code or "the local stack ended"
    return 0


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.argv[1], "--memory", "--port", str(free_port()), "--data", folder]
        with open(folder / "log", "w") as log:
            stack = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            return run(stack, folder)
        finally:
            stack.terminate()
            stack.wait()


if __name__ == "__main__":
    sys.exit(main())
