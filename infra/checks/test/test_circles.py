"""Circles between files are told, whichever way the paths are written; all else passes."""

import circles
import pytest


@pytest.fixture
def found(tmp_path):
    """The circles of a package with these files, each as the names of its files."""

    def of(**texts):
        for name, text in texts.items():
            file = tmp_path / f"{name.replace('__', '/')}.rs"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        arrows = circles.Package(tmp_path / "lib.rs").arrows()
        return [[file.relative_to(tmp_path).as_posix() for file in ring] for ring in circles.circles(arrows)]

    return of


LIB = "mod a; mod b;"
B_TO_A = "use crate::a::A; pub struct B(A);"


@pytest.mark.parametrize(
    "a",
    [
        "use crate::b::B; pub struct A(B);",
        "use super::b::B; pub struct A(B);",
        "use crate::{c::C, b::{D, B as Other}}; pub struct A(Other);",
        "use crate::{\n    b::{\n        B,\n    },\n};\npub struct A(B);",
        "pub use crate::b::*;\npub struct A;",
        "use crate::b::B as _; use std::fmt::Write as _; pub struct A;",
        "use crate::b::B; fn f() { use std::b::B; } pub struct A;",
        "pub struct A(crate::b::B);",
        "use crate::b; pub struct A(b::B);",
        "use crate::b::{self}; pub struct A(b::B);",
        "use crate::{b as other}; pub struct A(other::B);",
        "pub struct A; impl A { fn f() { use crate::b::B; B::f(); } }",
        "pub struct A; #[cfg(feature = \"more\")] mod inner { pub struct C(crate::b::B); }",
    ],
)
def test_a_circle_is_told_however_the_path_is_written(found, a):
    assert found(lib=LIB, a=a, b=B_TO_A) == [["a.rs", "b.rs"]]


@pytest.mark.parametrize(
    "a",
    [
        "pub struct A;",
        "// use crate::b::B;\n/* crate::b::B */ pub struct A;",
        "/// As [`crate::b::B`].\npub struct A;",
        "pub const A: &str = \"crate::b::B\"; pub const R: &str = r#\"use \"crate::b::B;\"#;",
        "pub const A: [char; 2] = ['\"', '\\'']; // crate::b::B\npub const C: char = '\"';",
        "use std::b::B; pub struct A(other::b::B);",
    ],
)
def test_what_names_no_other_file_of_ours_is_no_arrow(found, a):
    assert found(lib=LIB, a=a, b="use crate::a::A; pub struct B(A);") == []


@pytest.mark.parametrize(
    "tested",
    [
        "#[cfg(test)] mod tests { use crate::b::B; fn f() { let x = \"}\"; } }",
        "#[cfg(test)]\n#[path = \"x\"]\nmod tests;",
        "#[cfg(all(test, feature = \"x\"))] mod tests { use crate::b::B; }",
        "#[cfg(test)] use crate::b::B;",
        "#[cfg(test)] pub(crate) fn f(b: crate::b::B) { crate::b::g(); }",
    ],
)
def test_what_only_tests_name_does_not_count(found, tested):
    assert found(lib=LIB, a=f"pub struct A; {tested}", a__tests="use crate::b::B;", b=B_TO_A) == []


def test_what_follows_a_test_module_still_counts(found):
    a = "#[cfg(test)] mod tests { fn f() {} } pub struct A(crate::b::B);"
    assert found(lib=LIB, a=a, b=B_TO_A) == [["a.rs", "b.rs"]]


def test_a_name_that_is_passed_on_counts_for_the_file_that_defines_it(found):
    passed = {"lib": "mod m; mod n;", "m__mod": "mod a; mod b; pub use a::A; pub use b::B;"}
    # m names a and b, and a names b through m: no way leads back to m.
    assert found(**passed, n="", m__a="use crate::m::B; pub struct A(B);", m__b="pub struct B;") == []
    # b names a through the root, which passes on what m passes on.
    passed["lib"] += "pub use m::A;"
    rings = found(**passed, n="", m__a="use crate::m::B; pub struct A(B);", m__b="use crate::A; pub struct B(A);")
    assert rings == [["m/a.rs", "m/b.rs"]]


def test_a_glob_passes_on_what_its_module_defines(found):
    root = "mod a; mod b; pub use a::*; pub struct Own;"
    assert found(lib=root, a="pub struct A;", b="use crate::A; pub struct B(A);") == []
    assert found(lib=root, a="use crate::b::B; pub struct A(B);", b="use crate::A; pub struct B(A);") == [["a.rs", "b.rs"]]


def test_a_name_of_others_that_is_passed_on_is_no_arrow(found):
    assert found(lib="mod a; pub use serde_json::Value as Json; use a::A;", a="use crate::Json; pub struct A(Json);") == []


def test_a_root_that_only_declares_and_passes_on_is_in_no_circle(found):
    root = "mod a; mod b; pub use a::A;"
    assert found(lib=root, a="use crate::b; pub struct A(b::B);", b="pub struct B;") == []


def test_a_root_that_defines_what_its_modules_use_is_told(found):
    root = "mod a; pub struct Shared; pub fn routes() { a::handler() }"
    assert found(lib=root, a="use crate::Shared; pub fn handler(s: Shared) {}") == [["a.rs", "lib.rs"]]
    root = "mod a; pub use a::A; pub struct Shared;"
    assert found(lib=root, a="use super::Shared; pub struct A(Shared);") == [["a.rs", "lib.rs"]]


def test_an_inline_module_is_of_its_file(found):
    a = "pub struct A; pub mod inner { use super::A; pub struct C(A, super::super::b::B); }"
    assert found(lib="mod a; mod b;", a="pub struct A; pub mod inner { use super::A; pub struct C(A); }", b="") == []
    assert found(lib="mod a; mod b;", a=a, b="use crate::a::inner::C; pub struct B(C);") == [["a.rs", "b.rs"]]


def test_importing_a_module_alone_is_no_arrow(found):
    a = "use crate::b; pub struct A; pub fn f() { b::c::g() }"
    assert found(lib=LIB, a=a, b="pub mod c; use crate::a::A; pub struct B(A);", b__c="pub fn g() {}") == []


def test_a_circle_of_three_is_one(found):
    files = {"a": "use crate::b::B; pub struct A(B);", "b": "use crate::c::C; pub struct B(C);"}
    assert found(lib="mod a; mod b; mod c;", **files, c="use crate::a::A; pub struct C(A);") == [["a.rs", "b.rs", "c.rs"]]
    assert found(lib="mod a; mod b; mod c;", **files, c="pub struct C;") == []


def test_libraries_binaries_and_test_suites_are_looked_at():
    targets = [{"kind": [kind], "src_path": f"/repo/{kind}.rs"} for kind in ("lib", "bin", "test", "custom-build")]
    roots = circles.roots({"packages": [{"targets": targets}]})
    assert [root.name for root in roots] == ["bin.rs", "lib.rs", "test.rs"]
