//! `make engines`: the binaries of all functions over three implementations of `DynamoDB`,
//! ours and two of other people. The same tour of calls must be answered the same by each.
//!
//! | to find | look in |
//! |---|---|
//! | the engines, and how they are started | `engines/server.rs` |
//! | their streams, handed to fan-out as AWS does | `engines/stream.rs` |
//! | what a call of the tour is, and what is kept of its answer | `engines/call.rs` |
//! | the calls | `engines/tour.rs` |
//! | walking them | `engines/walk.rs` |
//! | a table restored from a point in time | `engines/restored.rs` |

mod call;
mod restored;
mod server;
mod stream;
mod tour;
mod walk;

use server::EngineKind;
use walk::Walked;

/// Everything at once would only be slower: each engine's functions run on their own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs two engines from PyPI: make engines"]
async fn w11_three_engines_answer_a_tour_of_all_functions_the_same() {
    let mut walks = Vec::new();
    for kind in EngineKind::ALL {
        walks.push(walk::through(kind, tour::steps()).await);
    }
    let (ours, others) = walks.split_first().unwrap();
    for (number, seen) in ours.seen.iter().enumerate() {
        println!("{number:>4} {:<58} {}", seen.call, seen.answer);
    }
    println!("\n{}", table(&walks));
    let differences: Vec<_> = others.iter().flat_map(|other| differences(ours, other)).collect();
    assert!(differences.is_empty(), "{} answers differ:\n{}", differences.len(), differences.join("\n"));
}

/// One line per engine.
fn table(walks: &[Walked]) -> String {
    let head = "| engine | calls | records of the stream | hints | webhooks | left out |\n|---|---|---|---|---|---|"
        .to_owned();
    let lines = walks.iter().map(|walked| {
        let left_out = walked.seen.iter().filter(|seen| seen.is_left_out()).count();
        let Walked { kind, seen, records, hints, webhooks } = walked;
        format!("| {kind} | {} | {records} | {hints} | {webhooks} | {left_out} |", seen.len() - left_out)
    });
    std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
}

/// Where another engine's answers are not ours.
fn differences(ours: &Walked, other: &Walked) -> Vec<String> {
    assert_eq!(ours.seen.len(), other.seen.len());
    let mut differing: Vec<_> = ours
        .seen
        .iter()
        .zip(&other.seen)
        .filter(|(_, seen)| !seen.is_left_out())
        .filter(|(our, their)| our.answer != their.answer)
        .map(|(our, their)| {
            format!("{} {}\n  ours: {}\n  {}: {}", other.kind, our.call, our.answer, other.kind, their.answer)
        })
        .collect();
    if ours.webhooks != other.webhooks {
        differing.push(format!("webhooks received: {} of ours, {} of {}", ours.webhooks, other.webhooks, other.kind));
    }
    differing
}
