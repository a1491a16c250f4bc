"""The direction of dependencies is held: each forbidden edge is told, each allowed one passes."""

import layers
import pytest


def found(folder, dependency, kind=None):
    """What is said about one package with one dependency; folders are ours, other names crates."""
    edge = {"name": dependency, "kind": kind}
    if "/" in dependency:
        edge["path"] = f"/repo/{dependency}"
    package = {"manifest_path": f"/repo/{folder}/Cargo.toml", "dependencies": [edge]}
    return list(layers.violations({"workspace_root": "/repo", "packages": [package]}))


@pytest.mark.parametrize(
    ("folder", "dependency"),
    [
        ("shared/domain", "shared/store"),
        ("shared/store", "shared/api"),
        ("shared/outbound", "shared/store"),
        ("shared/api", "shared/testkit"),
        ("functions/tickets", "functions/messages"),
        ("functions/tickets", "shared/testkit"),
        ("functions/tickets", "infra/local"),
        ("shared/testkit", "functions/tickets"),
        ("shared/domain", "tokio"),
        ("shared/domain", "aws-sdk-dynamodb"),
    ],
)
def test_an_edge_against_the_direction_is_told(folder, dependency):
    assert found(folder, dependency)


@pytest.mark.parametrize(
    ("folder", "dependency", "kind"),
    [
        ("shared/store", "shared/domain", None),
        ("shared/api", "shared/store", None),
        ("functions/deliver", "shared/outbound", None),
        ("functions/tickets", "shared/testkit", "dev"),
        ("infra/local", "functions/tickets", None),
        ("tests/parity", "functions/tickets", "dev"),
        ("shared/domain", "serde", None),
        ("shared/domain", "fastrand", "dev"),
    ],
)
def test_an_edge_along_the_direction_passes(folder, dependency, kind):
    assert found(folder, dependency, kind) == []


def test_functions_do_not_share_code_in_tests_either():
    assert found("functions/tickets", "functions/messages", "dev")


def test_a_new_place_must_be_given_a_layer():
    assert "has no layer" in found("tools/thing", "serde")[0]
