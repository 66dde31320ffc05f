//! A real file system of a few megabytes for a test, to be filled up or made read-only. Mode bits would not do:
//! root does not heed them.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

const INSIDE: &str = "MIGRATABLE_TEST_DISK";
const BLOCK: usize = 4096;

/// The disk, on which also every temporary folder of the test is.
pub struct SmallDisk {
    root: PathBuf,
}

/// Runs the body of a test, whose whole name this is, with such a disk: this program is started once more in a mount
/// namespace of its own, which ordinary users may make too.
pub fn on_a_small_disk(test: &str, body: impl FnOnce(&SmallDisk)) {
    if let Some(root) = std::env::var_os(INSIDE) {
        return body(&SmallDisk { root: root.into() });
    }
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs -o size=16m tmpfs \"$0\" && exec \"$@\""])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(INSIDE, folder.path())
        .env("TMPDIR", folder.path())
        .output()
        .unwrap_or_else(|error| panic!("this test needs `unshare` (Debian's package util-linux): {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        out.contains("running 1 test"),
        "this test needs a mount namespace with a tmpfs, by `unshare --map-root-user --mount` and `mount`, and this \
         machine gives none, or there is no test `{test}`:\n{out}{err}"
    );
    assert!(output.status.success(), "{out}{err}");
}

impl SmallDisk {
    /// Takes all room but some blocks, and gives back the file that has it.
    pub fn fill(&self, left: usize) -> PathBuf {
        let path = self.root.join("filling");
        let mut file = File::create(&path).unwrap();
        let mut size = 0;
        let full = loop {
            match file.write(&[0; BLOCK]) {
                Ok(written) => size += written,
                Err(error) => break error,
            }
        };
        assert_eq!(full.kind(), ErrorKind::StorageFull, "{full}");
        file.set_len((size - left * BLOCK) as u64).unwrap();
        path
    }

    /// Does something while nothing below some paths can be written, and everything else can.
    pub fn with_read_only<T>(&self, paths: &[&Path], writable: &[&Path], body: impl FnOnce() -> T) -> T {
        for path in paths.iter().chain(writable) {
            mount(["--bind".as_ref(), path.as_os_str(), path.as_os_str()]);
        }
        for path in paths {
            mount(["-o".as_ref(), "remount,bind,ro".as_ref(), path.as_os_str()]);
        }
        let done = body();
        for path in writable.iter().chain(paths) {
            assert!(Command::new("umount").arg(path).status().unwrap().success(), "umount {}", path.display());
        }
        done
    }
}

fn mount<'a>(arguments: impl IntoIterator<Item = &'a OsStr>) {
    assert!(Command::new("mount").args(arguments).status().unwrap().success(), "mount");
}
