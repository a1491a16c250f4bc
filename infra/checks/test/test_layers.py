"""The direction of dependencies is held: each forbidden edge is told, each allowed one passes."""

import layers
import pytest


def metadata(folder, *dependencies, kind=None, targets=()):
    """One package with these dependencies; folders are ours, other names crates."""
    edges = []
    for name in dependencies:
        edge = {"name": f"lambdesk-{name.rsplit('/', 1)[-1]}", "path": f"/repo/{name}"} if "/" in name else {"name": name}
        edges.append({**edge, "kind": kind})
    package = {"manifest_path": f"/repo/{folder}/Cargo.toml", "dependencies": edges, "targets": list(targets)}
    return {"workspace_root": "/repo", "packages": [package]}


def found(folder, dependency, kind=None):
    """What is said about one package with one dependency."""
    return list(layers.violations(metadata(folder, dependency, kind=kind)))


@pytest.mark.parametrize(
    ("folder", "dependency"),
    [
        ("shared/domain", "shared/store/table"),
        ("shared/store/table", "shared/store/tickets"),
        ("shared/store/contacts", "shared/store/tickets"),
        ("shared/store/tickets", "shared/store/events"),
        ("shared/store/webhooks", "shared/store/events"),
        ("shared/store/search", "shared/store/lists"),
        ("shared/store/tickets", "shared/api"),
        ("shared/outbound", "shared/store/table"),
        ("shared/runtime", "shared/api"),
        ("shared/api", "shared/store/lists"),
        ("shared/api", "shared/testkit"),
        ("functions/deliver", "shared/store/tickets"),
        ("functions/deliver", "shared/api"),
        ("functions/docs", "shared/store/table"),
        ("functions/intake", "shared/store/webhooks"),
        ("functions/tickets", "functions/messages"),
        ("functions/tickets", "shared/testkit"),
        ("functions/tickets", "infra/local"),
        ("shared/testkit", "functions/tickets"),
        ("infra/local", "shared/testkit"),
        ("shared/domain", "tokio"),
        ("shared/domain", "aws-sdk-dynamodb"),
    ],
)
def test_an_edge_against_the_direction_is_told(folder, dependency):
    assert found(folder, dependency)


@pytest.mark.parametrize(
    ("folder", "dependency", "kind"),
    [
        ("shared/store/table", "shared/domain", None),
        ("shared/store/events", "shared/store/tickets", None),
        ("shared/store/lists", "shared/store/search", None),
        ("shared/api", "shared/store/tickets", None),
        ("functions/deliver", "shared/outbound", None),
        ("functions/deliver", "shared/store/webhooks", None),
        ("functions/tickets", "shared/testkit", "dev"),
        ("functions/tickets", "shared/store/contacts", "dev"),
        ("shared/store/table", "shared/testkit", "dev"),
        ("shared/testkit", "functions/fanout", None),
        ("infra/local", "functions/tickets", None),
        ("tests", "shared/testkit", None),
        ("tests/bench", "shared/testkit", None),
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


def test_a_function_without_a_layer_of_its_own_has_none():
    assert "has no layer" in found("functions/new", "shared/domain")[0]


def test_what_may_be_named_and_is_not_any_more_is_told():
    needs = layers.ALLOWED["functions/deliver"]
    assert list(layers.stale(metadata("functions/deliver", *needs))) == []
    (said,) = layers.stale(metadata("functions/deliver", *needs[:-1]))
    assert needs[-1] in said
    assert len(list(layers.stale(metadata("functions/deliver", *needs, kind="dev")))) == len(needs)


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("use lambdesk_domain::id::Version;", True),
        ("pub use lambdesk_domain as domain;", True),
        ("use lambdesk_domain::*; use std::fmt::*;", True),
        ("use lambdesk_domain::Act as _; use std::fmt::Write as _;", True),
        ("fn f(v: lambdesk_domain::Version) {}", True),
        ("#[derive(lambdesk_domain::Error)] struct E;", True),
        ("// lambdesk_domain::Version", False),
        ("const NAME: &str = \"lambdesk_domain::Version\";", False),
        ("use lambdesk_domain_other::Version;", False),
        ("use crate::lambdesk_domain::Version;", False),
        ("#[cfg(test)] mod tests { use lambdesk_domain::Version; }", False),
    ],
)
def test_a_dependency_that_the_code_never_names_is_told(tmp_path, text, is_named):
    (tmp_path / "lib.rs").write_text("mod inner;")
    (tmp_path / "inner.rs").write_text(text)
    library = {"kind": ["lib"], "src_path": str(tmp_path / "lib.rs")}
    said = list(layers.unused(metadata("shared/api", "shared/domain", targets=[library])))
    assert (said == []) == is_named
    assert list(layers.unused(metadata("shared/api", "shared/domain", kind="dev", targets=[library]))) == []


def test_a_crates_name_in_code_has_underscores_and_no_rs(tmp_path):
    (tmp_path / "lib.rs").write_text("use dynoxide::Engine; use aws_types::region::Region;")
    library = {"kind": ["lib"], "src_path": str(tmp_path / "lib.rs")}
    assert list(layers.unused(metadata("infra/engine", "dynoxide-rs", "aws-types", targets=[library]))) == []
