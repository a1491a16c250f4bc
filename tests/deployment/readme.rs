//! The README's tour, by copy and paste.

use lambdesk_tests::template::repository;
use lambdesk_tests::{binary::free_port, local::Local};
use rustix::process::{Pid, Signal, kill_process_group};
use std::{
    fs::{self, File},
    process::Stdio,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{process::Command, time::timeout};

/// Far more than the tour takes, most of which is two seconds of follow-up.
const PATIENCE: Duration = Duration::from_mins(1);
/// The port of the receiver in the README, which may be taken here.
const RECEIVER: &str = "9099";

/// The `bash` blocks, in their order.
fn tour() -> String {
    let readme = fs::read_to_string(repository("README.md")).unwrap();
    let blocks = readme.split("```bash\n").skip(1).map(|rest| rest.split_once("\n```").unwrap().0);
    blocks.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_tour_works_by_copy_and_paste_and_every_step_of_it_is_told_and_verified() {
    let folder = TempDir::new().unwrap();
    let _local =
        Local::start(folder.path(), &["--port", &free_port().to_string(), "--sweep-every", "1"]).await.unwrap();
    let tour = tour();
    assert_eq!(tour.matches(RECEIVER).count(), 3, "the subscription, the receiver, and waiting for it");
    fs::write(folder.path().join("tour.sh"), tour.replace(RECEIVER, &free_port().to_string())).unwrap();

    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "tour.sh"]).current_dir(folder.path()).stdin(Stdio::null());
    // Files and not pipes, which its receiver would keep open when the tour fails.
    let file = |name| File::create(folder.path().join(name)).unwrap();
    bash.stdout(file("said")).stderr(file("complained"));
    // A group of its own, so that its receiver ends with it.
    let mut bash = bash.process_group(0).spawn().unwrap();
    let group = Pid::from_raw(bash.id().unwrap().try_into().unwrap()).unwrap();
    let ended = timeout(PATIENCE, bash.wait()).await;
    // Nobody is left of it when all went well.
    let _ = kill_process_group(group, Signal::KILL);
    let read = |name| fs::read_to_string(folder.path().join(name)).unwrap_or_default();
    let (said, complained, received) = (read("said"), read("complained"), read(".lambdesk/received.log"));
    let status = ended.unwrap_or_else(|_| panic!("the tour does not end; received: {received}")).unwrap();
    assert!(status.success(), "{said}\n{complained}\nreceived: {received}");

    let lines: Vec<_> = received.lines().collect();
    assert!(lines.iter().all(|line| line.starts_with("verified ")), "{received}");
    for told in ["ticket.created", "message.created", "ticket.follow_up_due", "ticket.status_changed"] {
        assert!(lines.contains(&format!("verified {told}").as_str()), "{told} is missing: {received}");
    }
    assert!(said.contains("We are looking for it."), "the visitor reads the answer: {said}");
}
