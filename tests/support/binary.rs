//! Where the binaries are, and ports for them.

use std::{
    net::TcpListener,
    path::PathBuf,
    process,
    sync::atomic::{AtomicU16, Ordering},
};

/// Another profile's folder of binaries, below that of all profiles: `make engines` sets it.
const PROFILE: &str = "LAMBDESK_TEST_PROFILE";

/// A binary of the workspace, in the profile of this test or in the one that is asked for.
pub fn path(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).expect("target/<profile>/deps/<test>");
    let profile = std::env::var(PROFILE).map_or_else(|_| profile.to_owned(), |other| profile.with_file_name(other));
    let binary = profile.join(name);
    assert!(binary.is_file(), "the binary {name} is not built; run `make test`, which builds the binaries first");
    binary
}

/// A port that stays free until it is used: below those that the system gives out
/// by itself (from 32768 on), and never the same twice in this process.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(process::id() % 100).unwrap() * 100 + 20_000;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed) % 2_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
