//! K9: tools from the registries are what they were when they were pinned.

use lambdesk_tests::template::repository;
use std::fs;

#[test]
fn k9_every_python_tool_is_pinned_with_hashes_that_its_installation_asks_for() {
    for file in ["infra/requirements.txt", "tests/proof/requirements.txt", "tests/faults/engines/requirements.txt"] {
        let text = fs::read_to_string(repository(file)).unwrap();
        let lines: Vec<_> = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        let joined = lines.join("\n").replace("\\\n", "");
        assert!(joined.lines().count() > 10, "{file}");
        for tool in joined.lines() {
            let mut words = tool.split_whitespace();
            assert!(words.next().is_some_and(|name| name.contains("==")), "{file}: {tool}");
            let hashes: Vec<_> = words.collect();
            let is_hash = |word: &&str| word.strip_prefix("--hash=sha256:").is_some_and(|hash| hash.len() == 64);
            assert!(!hashes.is_empty() && hashes.iter().all(is_hash), "{file}: {tool}");
        }
    }
    let makefile = fs::read_to_string(repository("Makefile")).unwrap();
    let installs = makefile.lines().filter(|line| line.contains("pip install"));
    let (all, held): (Vec<_>, Vec<_>) = installs.map(|line| (line, line.contains("--require-hashes"))).unzip();
    assert!(all.len() >= 2 && held.iter().all(|held| *held), "{all:?}");
    assert!(makefile.contains("cargo-deny --locked check advisories"), "known flaws are a job");
}
