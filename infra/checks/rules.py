"""Our own rules about the template: what the public linters don't know or don't hold.

Each rule takes the expanded template (see `expand.py`) and yields one sentence
per violation. `test/` breaks the template once for every rule.

    python infra/checks/rules.py infra/template.yaml
"""

import json
import re
import sys
from pathlib import Path

import expand

# The only resources that may end in a wildcard: a table's indexes, its streams
# for the one action that takes no single stream, and the objects of the bucket.
EXISTING = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${ExistingTable}"
WILDCARDS_ALLOWED = (
    "${Table.Arn}/index/*", "${Table.Arn}/stream/*", "${Files.Arn}/*", EXISTING + "/index/*", EXISTING + "/stream/*",
)
# The nightly reconcile reads every ticket; nothing else may read the whole table.
MAY_SCAN = {"Sweep"}
# What an access log may hold: neither path (ids, visitors' tokens) nor query, address or agent.
LOGGABLE = {
    "requestId", "requestTime", "httpMethod", "routeKey", "status", "responseLength",
    "responseLatency", "integrationLatency", "integrationStatus", "error.responseType",
}
SCHEDULE = re.compile(
    r"rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)"
    r"|cron\((\S+ ){5}\S+\)"
)


def of_type(template, kind):
    """Name and properties of every resource of one type."""
    for name, resource in template["Resources"].items():
        if resource["Type"] == kind:
            yield name, resource.get("Properties", {})


def target(value):
    """The resource that a `Ref` or `GetAtt` names; None for anything else."""
    if not isinstance(value, dict):
        return None
    if "Ref" in value:
        return value["Ref"]
    attribute = value.get("Fn::GetAtt")
    return attribute.split(".")[0] if isinstance(attribute, str) else attribute and attribute[0]


def as_list(value):
    """IAM writes a single value without its list; of a choice both values count."""
    if isinstance(value, dict) and "Fn::If" in value:
        return value["Fn::If"][1:]
    return value if isinstance(value, list) else [value]


def functions_run_lean(template):
    """Every function is an arm64 binary on the plain runtime, logging JSON."""
    for name, function in of_type(template, "AWS::Lambda::Function"):
        for key, wanted in (
            ("Runtime", "provided.al2023"), ("Handler", "bootstrap"), ("Architectures", ["arm64"]),
        ):
            if function.get(key) != wanted:
                yield f"{name}: {key} is {function.get(key)}, not {wanted}"
        if function.get("LoggingConfig", {}).get("LogFormat") != "JSON":
            yield f"{name}: does not log JSON"


def logs_are_kept_for_a_time(template):
    """Every function has a log group of its own, and every log group an end."""
    groups = dict(of_type(template, "AWS::Logs::LogGroup"))
    for name, group in groups.items():
        if not group.get("RetentionInDays"):
            yield f"{name}: keeps logs for ever"
    used = {}
    for name, function in of_type(template, "AWS::Lambda::Function"):
        group = target(function.get("LoggingConfig", {}).get("LogGroup"))
        if group not in groups:
            yield f"{name}: has no log group in this template"
        elif used.setdefault(group, name) != name:
            yield f"{name}: shares {group} with {used[group]}"


def roles_are_not_shared(template):
    """Every function has a role of its own, written here."""
    roles = dict(of_type(template, "AWS::IAM::Role"))
    used = {}
    for name, function in of_type(template, "AWS::Lambda::Function"):
        role = target(function.get("Role"))
        if role != f"{name}Role":
            yield f"{name}: its role is {role}, not {name}Role"
        if used.setdefault(role, name) != name:
            yield f"{name}: shares {role} with {used[role]}"
    for name, role in roles.items():
        if role.get("ManagedPolicyArns"):
            yield f"{name}: takes managed policies; write the statements by hand"


def statements(template):
    """Role name and statement, for every statement of every role."""
    for name, role in of_type(template, "AWS::IAM::Role"):
        for policy in role.get("Policies", []):
            for statement in as_list(policy["PolicyDocument"]["Statement"]):
                yield name, statement


def roles_allow_the_least(template):
    """No wildcard action, no wildcard resource but those, no scan but the sweep's."""
    for name, statement in statements(template):
        if "NotAction" in statement or "NotResource" in statement:
            yield f"{name}: allows by exclusion"
        for action in as_list(statement.get("Action", [])):
            if "*" in action:
                yield f"{name}: wildcard action {action}"
            if action == "dynamodb:Scan" and name.removesuffix("Role") not in MAY_SCAN:
                yield f"{name}: may scan the table"
        for resource in as_list(statement.get("Resource", [])):
            text = resource.get("Fn::Sub", "") if isinstance(resource, dict) else resource
            if "*" in text and text not in WILDCARDS_ALLOWED:
                yield f"{name}: wildcard resource {text}"


def buckets_are_private(template):
    """A bucket outlives its stack, is closed to the public, encrypted, and reached over TLS only."""
    policies = {
        target(policy.get("Bucket")): json.dumps(policy["PolicyDocument"])
        for _, policy in of_type(template, "AWS::S3::BucketPolicy")
    }
    for name, bucket in of_type(template, "AWS::S3::Bucket"):
        resource = template["Resources"][name]
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            if resource.get(policy) != "Retain":
                yield f"{name}: {policy} is not Retain"
        if list(bucket.get("PublicAccessBlockConfiguration", {}).values()) != [True] * 4:
            yield f"{name}: may be made public"
        if "BucketEncryption" not in bucket:
            yield f"{name}: is not encrypted"
        if "aws:SecureTransport" not in policies.get(name, ""):
            yield f"{name}: is reached without TLS"


def data_outlives_mistakes(template):
    """A table survives its stack, a replacement, a delete and a bad write."""
    for name, table in of_type(template, "AWS::DynamoDB::Table"):
        resource = template["Resources"][name]
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            if resource.get(policy) != "Retain":
                yield f"{name}: {policy} is not Retain"
        if table.get("DeletionProtectionEnabled") is not True:
            yield f"{name}: no deletion protection"
        recovery = table.get("PointInTimeRecoverySpecification", {})
        if recovery.get("PointInTimeRecoveryEnabled") is not True:
            yield f"{name}: no point-in-time recovery"


def schedules_parse(template):
    """Schedule expressions are well formed: the linters let any string through."""
    for name, schedule in of_type(template, "AWS::Scheduler::Schedule"):
        expression = schedule.get("ScheduleExpression", "")
        if not SCHEDULE.fullmatch(expression):
            yield f"{name}: {expression!r} is no schedule"


def queues_wait_for_their_readers(template):
    """A queue hides a message for 6 × its reader's timeout (AWS's rule), then gives up on it."""
    queues = dict(of_type(template, "AWS::SQS::Queue"))
    functions = dict(of_type(template, "AWS::Lambda::Function"))
    for name, mapping in of_type(template, "AWS::Lambda::EventSourceMapping"):
        queue = queues.get(target(mapping.get("EventSourceArn")))
        if queue is None:
            continue
        timeout = functions[target(mapping["FunctionName"])]["Timeout"]
        if queue.get("VisibilityTimeout", 30) < 6 * timeout:
            yield f"{name}: its queue hides messages for less than {6 * timeout} s"
        dead = target(queue.get("RedrivePolicy", {}).get("deadLetterTargetArn"))
        if dead not in queues:
            yield f"{name}: its queue has no dead-letter queue"


def queues_are_encrypted(template):
    """Queues are encrypted with the key that SQS owns: without cost, unlike a key of ours."""
    for name, queue in of_type(template, "AWS::SQS::Queue"):
        if queue.get("SqsManagedSseEnabled") is not True:
            yield f"{name}: is not encrypted"


def batches_fail_in_part(template):
    """Batches report their failures one by one; a stream's last resort is a queue."""
    for name, mapping in of_type(template, "AWS::Lambda::EventSourceMapping"):
        if mapping.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"{name}: one failure fails the whole batch"
        if "StartingPosition" not in mapping:
            continue
        if not mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"):
            yield f"{name}: a failed record is lost without a trace"
        if mapping.get("ParallelizationFactor", 1) != 1:
            yield f"{name}: more of them at once would only contend for the index of words and the counts"
        yield from heads_messages_and_contacts_only(name, mapping)


def heads_messages_and_contacts_only(name, mapping):
    """The stream's filters let ticket items through (sort key `T`), messages (`M#…`), requests
    to index a ticket anew (`Y`) and to backfill its events (`G`), contacts and their backfill
    requests (`…#contacts`), and nothing else."""
    wanted = [
        {"dynamodb": {"Keys": {"sk": {"S": ["T", "Y", "G", {"prefix": "M#"}]}}}},
        {"dynamodb": {"Keys": {"pk": {"S": [{"suffix": "#contacts"}]}}}},
    ]
    patterns = [each["Pattern"] for each in mapping.get("FilterCriteria", {}).get("Filters", [])]
    try:
        parsed = [json.loads(pattern) for pattern in patterns]
    except ValueError:
        parsed = None
    if parsed != wanted:
        yield f"{name}: its filter is {patterns}, not heads, messages and contacts"


def stacks_do_not_collide(template):
    """No resource has a name of its own choice: two stacks fit into one account."""
    for name, resource in template["Resources"].items():
        for key in ("FunctionName", "TableName", "QueueName", "RoleName", "Name", "LogGroupName", "BucketName"):
            value = resource.get("Properties", {}).get(key)
            refers = isinstance(value, dict) and ("Ref" in value or "AWS::StackName" in str(value))
            if value is not None and not refers:
                yield f"{name}: {key} is the same in every stack"


def secrets_stay_hidden(template):
    """Secrets come from parameters that are never shown, and go where they are needed."""
    for name in ("SealingKey", "SealingKeyPrevious", "OperatorToken"):
        if template["Parameters"].get(name, {}).get("NoEcho") is not True:
            yield f"{name}: is shown in the console"
    for name, function in of_type(template, "AWS::Lambda::Function"):
        variables = function.get("Environment", {}).get("Variables", {})
        if "LAMBDESK_OPERATOR_TOKEN" in variables and name != "Directory":
            yield f"{name}: has the operator's token"
        if ("LAMBDESK_SEALING_KEY" in variables) != ("LAMBDESK_SEALING_KEY_PREVIOUS" in variables):
            yield f"{name}: has one sealing key without the other"
        for variable in ("LAMBDESK_SEALING_KEY", "LAMBDESK_SEALING_KEY_PREVIOUS", "LAMBDESK_OPERATOR_TOKEN"):
            if variable in variables and not isinstance(variables[variable], dict):
                yield f"{name}: {variable} is written into the template"


def access_logs_name_nobody(template):
    """The API's access log holds listed fields only: no path, query, address or agent."""
    for name, stage in of_type(template, "AWS::ApiGatewayV2::Stage"):
        settings = stage.get("AccessLogSettings", {})
        if not settings.get("DestinationArn"):
            yield f"{name}: no access log"
        fields = set(re.findall(r"\$context\.([\w.]+)", settings.get("Format", "")))
        for field in sorted(fields - LOGGABLE):
            yield f"{name}: its access log holds {field}"


def nothing_costs_while_idle(template):
    """No resource with a price per month or per hour, but storage."""
    dear = {
        "AWS::KMS::Key", "AWS::SecretsManager::Secret", "AWS::CloudWatch::Alarm", "AWS::EC2::NatGateway",
    }
    for name, resource in template["Resources"].items():
        if resource["Type"] in dear:
            yield f"{name}: {resource['Type']} costs while idle"
    for name, table in of_type(template, "AWS::DynamoDB::Table"):
        if table.get("BillingMode") != "PAY_PER_REQUEST":
            yield f"{name}: provisioned capacity costs while idle"


RULES = (
    functions_run_lean, logs_are_kept_for_a_time, roles_are_not_shared, roles_allow_the_least,
    data_outlives_mistakes, buckets_are_private, schedules_parse, queues_wait_for_their_readers, queues_are_encrypted,
    batches_fail_in_part, stacks_do_not_collide, secrets_stay_hidden, access_logs_name_nobody,
    nothing_costs_while_idle,
)


def artefacts_match(source, folders):
    """Every function's code is the artefact of the folder of its name, and no folder is left out.

    Takes the template as written, because the expanded one has no local code.
    """
    named = set()
    for name, properties in of_type(source, "AWS::Serverless::Function"):
        folder = name.lower()
        named.add(folder)
        if properties.get("CodeUri") != f"../target/lambda/{folder}/":
            yield f"{name}: CodeUri is {properties.get('CodeUri')}, not ../target/lambda/{folder}/"
    for folder in sorted(named ^ set(folders)):
        yield f"functions/{folder}: only one of folder and template has it"


def violations(text, folders):
    """Every violation in the SAM template `text`, given the names under `functions/`."""
    expanded = expand.expand(text)
    found = [problem for rule in RULES for problem in rule(expanded)]
    return found + list(artefacts_match(expand.parse(text), folders))


def main(path):
    """Prints the violations; the exit code for them."""
    folders = [each.parent.name for each in Path("functions").glob("*/Cargo.toml")]
    found = violations(Path(path).read_text(), folders)
    for problem in found:
        print(f"{path}: {problem}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
