"""A type name that is defined twice is told with its places; what is no second definition passes."""

import names
import pytest


@pytest.fixture
def found(tmp_path):
    """The names that files with these texts define more than once, each with its places as (file, line)."""

    def of(**texts):
        files = [tmp_path / f"{name}.rs" for name in texts]
        for file in files:
            file.write_text(texts[file.stem])
        return {name: [(file.stem, line) for file, line in places] for name, places in names.repeated(files).items()}

    return of


MAKER = "macro_rules! types { ($($name:ident)*) => { $(pub enum $name {})* } }\n"


@pytest.mark.parametrize(
    "b",
    [
        "\n\nstruct Twice;",
        "// A line\n/* and\n*/ pub struct Twice<T>(T);",
        "const A: &str = \"\n{\n\"; pub(crate) enum Twice {}",
        "impl A {\n    fn of() {}\n}\ntype Twice = A;",
        "fn f() {\n    struct Other;\n    trait Twice {}\n}",
        "#[cfg(test)]\nmod tests { struct Other; }\npub unsafe trait Twice {}",
        MAKER + "types! {\n    /// One.\n    Other { A = 1, B }\n\n    #[allow(x)]\n    Twice { A { Other: u8 } }\n}",
        MAKER + "types! { Twice = \"{\"; Other = 1; }",
    ],
)
def test_a_name_that_is_defined_twice_is_told_with_its_places(found, b):
    line = b[: b.index("Twice")].count("\n") + 1
    assert found(a="pub struct Twice;", b=b) == {"Twice": [("a", 1), ("b", line)]}


def test_two_definitions_in_one_file_are_told(found):
    assert found(a="struct Twice;\nmod inner { struct Twice; }") == {"Twice": [("a", 1), ("a", 2)]}


@pytest.mark.parametrize(
    "b",
    [
        "pub use crate::a::Once; pub fn once(_: Once) {}",
        "// struct Once;\n/// type Once = u8;\nconst A: &str = \"enum Once {}\";",
        "impl Iterator for A { type Once = u8; }",
        "impl<T> A<T>\nwhere\n    T: B,\n{\n    fn f() {}\n    type Once = u8;\n}",
        "pub trait A { type Once: Copy; }",
        "#[cfg(test)]\nmod tests { struct Once; }",
        "#[cfg(test)]\npub struct Once;",
        "struct A { r#type: Once }",
        MAKER + "types! {\n    Other { Once = 1 }\n}",
        "macro_rules! kept { ($id:ident) => { type Once = $id; }; }",
        "macro_rules! other { ($name:ident) => { fn $name() {} } }\nother! {\n    Once\n}",
    ],
)
def test_what_defines_no_second_type_is_not_told(found, b):
    assert found(a="pub struct Once;", b=b) == {}
