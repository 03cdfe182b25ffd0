//! A disk that runs full under the ledger, and has room again.
//!
//! Knows no SQLite. A newcomer may ask why a real file system and not a limit of the ledger's: the
//! limit is part of the sweep, and a disk refuses in other places.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use super::books;
use super::daemon::{Ended, How};
use super::stage;

/// A small disk of its own; `None` where nobody may mount one.
struct Disk(PathBuf);

impl Disk {
    fn mount(path: PathBuf, size: &str) -> Option<Disk> {
        std::fs::create_dir_all(&path).unwrap();
        let option = format!("size={size}");
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &option, "tmpfs"])
            .arg(&path)
            .output();
        done.is_ok_and(|done| done.status.success())
            .then_some(Disk(path))
    }

    fn grow(&self, size: &str) {
        let option = format!("remount,size={size}");
        assert!(
            Command::new("mount")
                .args(["-o", &option])
                .arg(&self.0)
                .status()
                .unwrap()
                .success()
        );
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

#[test]
fn a_full_disk_stops_nothing_for_good() {
    let stage = stage();
    for (name, kill) in [("waits", false), ("killed", true)] {
        let Some(disk) = Disk::mount(stage.folder.path().join(name), "560k") else {
            crate::aloud::skipped("a full disk needs the right to mount a small one");
            return;
        };
        let ledger = stage.world.fresh(name);
        let mut daemon = stage.world.start(&ledger, &How::default());
        let end = Instant::now() + Duration::from_secs(20);
        while !daemon.says("no room") {
            assert!(Instant::now() < end, "it found room\n{}", daemon.words());
            std::thread::sleep(Duration::from_millis(20));
        }
        if kill {
            assert!(
                daemon.kill_after(Duration::from_millis(300)),
                "it ended\n{}",
                daemon.words()
            );
            disk.grow("64m");
            assert_eq!(stage.world.run(&ledger, &How::default()), Ok(Ended::Idle));
        } else {
            std::thread::sleep(Duration::from_millis(500));
            disk.grow("64m");
            assert_eq!(daemon.until_idle(&stage.world), Ok(None));
            assert!(daemon.stop().unwrap().success());
        }
        let difference = books::difference(&stage.clean, &books::told(&ledger));
        assert_eq!(difference, None, "{name}");
    }
}
