//! What the sources define, so that the golden file can't forget any of it.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// The texts of all files in a folder of the repository, of which there are some.
fn texts(folder: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    let texts: Vec<_> = files(&folder).iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    assert!(!texts.is_empty(), "nothing is in {}", folder.display());
    texts
}

/// The identifier that a line begins with, after one of these.
fn named(line: &str, leads: &[&str]) -> Option<String> {
    let rest = leads.iter().find_map(|lead| line.trim().strip_prefix(lead))?;
    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    Some(name).filter(|name| !name.is_empty())
}

/// Each name once; that there is none means that they are looked for where they were once.
fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<_> = names.collect();
    assert!(!names.is_empty(), "the sources define nothing");
    names.sort();
    names.dedup();
    names
}

/// All that the domain defines with `words!`.
pub fn closed_sets() -> Vec<String> {
    let texts = texts("shared/domain/src");
    let bodies = texts.iter().flat_map(|text| text.split("\nwords! {").skip(1));
    let opening = |line: &str| named(line, &[""]).filter(|_| line.contains('{'));
    sorted(bodies.map(|body| body.lines().filter(|line| !line.trim().starts_with("//")).find_map(opening).unwrap()))
}

/// All enums that the domain reads from documents in a form of their own.
pub fn documents() -> Vec<String> {
    let texts = texts("shared/domain/src");
    let derived = texts.iter().flat_map(|text| text.split("#[derive(").skip(1));
    let read = derived.filter(|part| part.split(')').next().is_some_and(|derives| derives.contains("Deserialize")));
    let items = read.map(|part| part.lines().skip(1).find(|line| !line.starts_with("#[")).unwrap_or_default());
    sorted(items.filter_map(|line| named(line, &["pub enum "])))
}

/// All functions that the modules of keys let out.
pub fn key_functions() -> Vec<String> {
    let texts = texts("shared/store/table/src/keys");
    let lines = texts.iter().flat_map(|text| text.lines());
    sorted(lines.filter_map(|line| named(line, &["pub fn ", "pub const fn ", "pub(crate) fn "])))
}

/// The attributes of a ticket's item, by the module that names them.
pub fn attributes() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/store/tickets/src/item/attr.rs");
    let text = fs::read_to_string(path).unwrap();
    let constants = text.lines().filter(|line| line.starts_with("pub const ") && line.contains("&str = "));
    sorted(constants.filter_map(|line| Some(line.split('"').nth(1)?.to_owned())))
}
