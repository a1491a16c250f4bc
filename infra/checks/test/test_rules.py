"""Every rule about the template can fail: each breaks here once, by one edit of the text."""

import re
from pathlib import Path

import pytest
import rules

TEMPLATE = (Path(__file__).parents[2] / "template.yaml").read_text()
FOLDERS = [
    "contacts", "deliver", "directory", "docs", "fanout", "intake", "messages", "reports", "sweep", "tickets", "webhooks",
]

# What to replace (first occurrence), by what, and what must then be said.
MUTATIONS = [
    ("provided.al2023", "provided.al2", "Runtime is provided.al2,"),
    ("Architectures: [arm64]", "Architectures: [x86_64]", "Architectures is ['x86_64']"),
    ("Handler: bootstrap", "Handler: main", "Handler is main"),
    ("LogFormat: JSON\n      ApplicationLogLevel: INFO", "LogFormat: Text", "does not log JSON"),
    ("      RetentionInDays: !Ref LogRetentionDays\n", "", "ApiLogs: keeps logs for ever"),
    ("LogGroup: !Ref TicketsLogs", "LogGroup: elsewhere", "Tickets: has no log group"),
    ("LogGroup: !Ref TicketsLogs", "LogGroup: !Ref MessagesLogs", "shares MessagesLogs"),
    ("Role: !GetAtt TicketsRole.Arn", "Role: !GetAtt MessagesRole.Arn", "shares MessagesRole"),
    ("      AssumeRolePolicyDocument:", "      ManagedPolicyArns: [arn]\n      AssumeRolePolicyDocument:", "managed policies"),
    ("dynamodb:GetItem", "dynamodb:*", "wildcard action dynamodb:*"),
    ("dynamodb:GetItem", "dynamodb:Scan", "TicketsRole: may scan the table"),
    ("Resource: !GetAtt TicketsLogs.Arn", 'Resource: "*"', "wildcard resource *"),
    ("Resource: !GetAtt TicketsLogs.Arn", "Resource: !Sub ${TicketsLogs.Arn}*", "wildcard resource ${TicketsLogs.Arn}*"),
    ("Resource: !GetAtt TicketsLogs.Arn", "NotResource: arn", "allows by exclusion"),
    ("DeletionPolicy: Retain", "DeletionPolicy: Delete", "DeletionPolicy is not Retain"),
    ("UpdateReplacePolicy: Retain", "UpdateReplacePolicy: Snapshot", "UpdateReplacePolicy is not Retain"),
    ("DeletionProtectionEnabled: true", "DeletionProtectionEnabled: false", "no deletion protection"),
    ("PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false", "no point-in-time recovery"),
    ("BlockPublicPolicy: true", "BlockPublicPolicy: false", "Files: may be made public"),
    ("aws:SecureTransport:", "aws:SourceIp:", "Files: is reached without TLS"),
    ("rate(1 minute)", "rate(1 minutes)", "'rate(1 minutes)' is no schedule"),
    ("VisibilityTimeout: 360", "VisibilityTimeout: 60", "less than 360 s"),
    ("deadLetterTargetArn: !GetAtt DeadHints.Arn", "deadLetterTargetArn: arn", "no dead-letter queue"),
    ("SqsManagedSseEnabled: true", "SqsManagedSseEnabled: false", "is not encrypted"),
    ("            FunctionResponseTypes:\n              - ReportBatchItemFailures\n", "", "fails the whole batch"),
    ("Destination: !GetAtt FanoutFailures.Arn", 'Destination: ""', "lost without a trace"),
    ("ParallelizationFactor: 1", "ParallelizationFactor: 4", "would only contend"),
    ('"T","Y"', '{"prefix":"T"},"Y"', "not heads, messages and contacts"),
    ('"Keys":', '"Keys"', "not heads, messages and contacts"),
    ("            OmitName: true\n", "", "Name is the same in every stack"),
    ("${AWS::StackName}/tickets", "tickets", "LogGroupName is the same in every stack"),
    ("NoEcho: true", "NoEcho: false", "SealingKey: is shown"),
    ("LAMBDESK_SEALING_KEY: !Ref SealingKey", "LAMBDESK_SEALING_KEY: abc", "written into the template"),
    ('NoEcho: true\n    Default: ""\n    Description: During', 'Default: ""\n    Description: During', "SealingKeyPrevious: is shown"),
    ("LAMBDESK_SEALING_KEY_PREVIOUS: !Ref SealingKeyPrevious", "LAMBDESK_SEALING_KEY_PREVIOUS: abc", "LAMBDESK_SEALING_KEY_PREVIOUS is written into"),
    ("          LAMBDESK_SEALING_KEY_PREVIOUS: !Ref SealingKeyPrevious\n", "", "Tickets: has one sealing key without the other"),
    ("LAMBDESK_SEALING_KEY: !Ref SealingKey", "LAMBDESK_OPERATOR_TOKEN: !Ref OperatorToken", "Tickets: has the operator's token"),
    ("$context.routeKey", "$context.path", "its access log holds path"),
    ("$context.httpMethod", "$context.identity.sourceIp", "its access log holds identity.sourceIp"),
    ("PAY_PER_REQUEST", "PROVISIONED", "provisioned capacity"),
    ("Type: AWS::SQS::Queue", "Type: AWS::SecretsManager::Secret", "costs while idle"),
    ("../target/lambda/tickets/", "../target/lambda/messages/", "not ../target/lambda/tickets/"),
]


def test_the_template_keeps_every_rule():
    assert rules.violations(TEMPLATE, FOLDERS) == []


@pytest.mark.parametrize(("old", "new", "said"), MUTATIONS, ids=[each[2] for each in MUTATIONS])
def test_a_broken_template_is_told(old, new, said):
    assert old in TEMPLATE, "the mutation is out of date"
    problems = rules.violations(TEMPLATE.replace(old, new, 1), FOLDERS)
    assert any(said in problem for problem in problems), problems


def test_every_rule_is_broken_above():
    """A rule that no mutation trips would be one that can't fail."""
    tripped = set()
    for old, new, _ in MUTATIONS:
        expanded = rules.expand.expand(TEMPLATE.replace(old, new, 1))
        tripped.update(rule.__name__ for rule in rules.RULES if list(rule(expanded)))
    assert tripped == {rule.__name__ for rule in rules.RULES}


def test_a_folder_without_a_function_is_told():
    assert rules.violations(TEMPLATE, [*FOLDERS, "chats"]) == [
        "functions/chats: only one of folder and template has it"
    ]


@pytest.mark.parametrize("good", ["rate(1 minute)", "rate(5 hours)", "cron(0 3 * * ? *)"])
def test_well_formed_schedules_pass(good):
    assert rules.SCHEDULE.fullmatch(good)


@pytest.mark.parametrize("bad", ["rate(1 minutes)", "rate(2 minute)", "rate(0 hours)", "cron(0 3 * * *)", "every minute", ""])
def test_malformed_schedules_do_not(bad):
    assert not rules.SCHEDULE.fullmatch(bad)


SEALING_KEY = "c2VhbGluZy1rZXktb2YtdGhlLWRlcGxveW1lbnQtMDE="


def test_the_previous_sealing_key_may_be_left_out_and_the_current_one_may_not():
    """A new stack has none before; one that is empty is an absent one to the functions."""
    parameters = rules.expand.parse(TEMPLATE)["Parameters"]
    assert parameters["SealingKeyPrevious"]["Default"] == ""
    assert "Default" not in parameters["SealingKey"]


@pytest.mark.parametrize(
    ("text", "is_current", "is_previous"),
    [
        (SEALING_KEY, True, True),
        ("", False, True),
        (SEALING_KEY[:-1], False, False),
        (SEALING_KEY.replace("E=", "F="), False, False),
        (SEALING_KEY[4:], False, False),
        (SEALING_KEY + SEALING_KEY, False, False),
        (" ", False, False),
    ],
)
def test_a_previous_sealing_key_has_the_form_of_the_current_one_or_is_empty(text, is_current, is_previous):
    parameters = rules.expand.parse(TEMPLATE)["Parameters"]
    fits = [bool(re.search(parameters[name]["AllowedPattern"], text)) for name in ("SealingKey", "SealingKeyPrevious")]
    assert fits == [is_current, is_previous]
