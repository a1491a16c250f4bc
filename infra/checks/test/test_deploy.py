"""`make deploy` gives SAM the parameters whose variables are set, and no others."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from samcli.cli.types import CfnParameterOverridesType

REPOSITORY = Path(__file__).parents[3]
PREFIX = "LAMBDESK_"
OLD = "c2VhbGluZy1rZXktb2YtdGhlLWRlcGxveW1lbnQtMDE="
NEW = "+/+/sGUgbmV4dCBvbmUgb2YgdGhlIGRlcGxveW1lbnQ="


@pytest.fixture
def overrides(tmp_path):
    """Deploys with these variables; the parameters as SAM's own parser reads them."""
    sam = tmp_path / "sam"
    sam.write_text('#!/usr/bin/env python3\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n')
    sam.chmod(0o755)

    def deploy(**variables):
        path = f"{tmp_path}:{os.environ['PATH']}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "MAKE"))}
        environment.update({PREFIX + name: value for name, value in variables.items()})
        # `-o build`: what is built already is deployed.
        command = ["make", "--silent", "-o", "build", "deploy", f"PATH={path}"]
        ran = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True)
        arguments = json.loads(ran.stdout)
        if "--parameter-overrides" not in arguments:
            return {}
        given = arguments[arguments.index("--parameter-overrides") + 1 :]
        return CfnParameterOverridesType().convert(tuple(given), None, None)

    return deploy


def test_a_deployment_without_variables_keeps_what_the_stack_has(overrides):
    assert overrides() == {}


def test_a_rotation_gives_the_new_key_and_the_one_before(overrides):
    given = overrides(SEALING_KEY=NEW, SEALING_KEY_PREVIOUS=OLD)
    assert given == {"SealingKey": NEW, "SealingKeyPrevious": OLD}


def test_an_empty_previous_key_ends_the_rotation_and_keeps_the_current_one(overrides):
    assert overrides(SEALING_KEY_PREVIOUS="") == {"SealingKeyPrevious": ""}
    assert overrides(SEALING_KEY="", OPERATOR_TOKEN="") == {}
