//! CLI-01: files that others could read or replace.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use procura_keys::description::Purpose;
use procura_keys::key_file::KeyFile;
use procura_keys::secret_key::SecretKey;
use tempfile::TempDir;

use crate::foreign::Draft;
use crate::world::{PASSPHRASE, description, mode, passphrase, private_directory, seed, set_mode};

/// A private directory with the worked example in it.
fn example() -> (TempDir, PathBuf) {
    let directory = private_directory();
    let path = directory.path().join("agent.key");
    KeyFile::parse(Draft::example().seal(&seed()).as_bytes()).unwrap().create(&path).unwrap();
    (directory, path)
}

/// `path` is refused with `key.permissions`, and the message ends in `remedy`.
fn check(path: &Path, remedy: &str) {
    let error = KeyFile::read(path).unwrap_err();
    assert_eq!(error.code(), "key.permissions", "{error}");
    assert!(error.to_string().ends_with(remedy), "{error}");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
}

#[test]
fn cli_01_a_new_file_is_private_and_opens() {
    let (_directory, path) = example();
    assert_eq!(mode(&path), 0o600);
    let file = KeyFile::read(&path).unwrap();
    assert!(file.open_key(&Purpose::AGENT, &passphrase(PASSPHRASE)).is_ok());
}

#[test]
fn cli_01_a_file_that_others_can_read_or_write_is_refused() {
    let (_directory, path) = example();
    let remedy = format!("run: chmod 600 {}", path.display());
    for open in [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o644, 0o666, 0o777, 0o700, 0o4600] {
        set_mode(&path, open);
        check(&path, &remedy);
    }
}

#[test]
fn cli_01_the_owners_modes_are_accepted() {
    let (_directory, path) = example();
    for private in [0o600, 0o400] {
        set_mode(&path, private);
        assert!(KeyFile::read(&path).is_ok(), "{private:o}");
    }
}

#[test]
fn cli_01_a_directory_that_others_can_write_to_is_refused() {
    let (directory, path) = example();
    let remedy = format!("run: chmod go-w {}", directory.path().display());
    for open in [0o770, 0o720, 0o702, 0o777] {
        set_mode(directory.path(), open);
        check(&path, &remedy);
    }
}

#[test]
fn cli_01_a_shared_directory_with_the_sticky_bit_is_accepted() {
    let (directory, path) = example();
    for shared in [0o1777, 0o755, 0o750] {
        set_mode(directory.path(), shared);
        assert!(KeyFile::read(&path).is_ok(), "{shared:o}");
    }
}

#[test]
fn cli_01_nothing_is_created_in_a_directory_that_others_can_write_to() {
    let (directory, path) = example();
    let file = KeyFile::read(&path).unwrap();
    set_mode(directory.path(), 0o777);
    let new = directory.path().join("new.key");
    assert_eq!(file.create(&new).unwrap_err().code(), "key.permissions");
    assert!(!new.exists());
}

#[test]
fn cli_01_a_symbolic_link_is_refused_for_reading_and_writing() {
    let (directory, path) = example();
    let link = directory.path().join("link.key");
    symlink(&path, &link).unwrap();
    check(&link, "name the file itself");

    let target = directory.path().join("target");
    let dangling = directory.path().join("dangling");
    symlink(&target, &dangling).unwrap();
    let error = KeyFile::read(&path).unwrap().create(&dangling).unwrap_err();
    assert_eq!(error.code(), "key.exists");
    assert!(!target.exists());
}

#[test]
fn cli_01_a_file_of_another_user_is_refused() {
    let (directory, path) = example();
    if rustix::process::geteuid().is_root() {
        let stranger = Some(rustix::fs::Uid::from_raw(65_534));
        rustix::fs::chown(&path, stranger, None).unwrap();
        check(&path, "run as its owner, or use a file of your own");
        rustix::fs::chown(&path, Some(rustix::process::geteuid()), None).unwrap();
        rustix::fs::chown(directory.path(), stranger, None).unwrap();
        check(&path, "move it to a directory of your own");
    } else {
        check(Path::new("/etc/passwd"), "run as its owner, or use a file of your own");
    }
}

#[test]
fn cli_01_what_is_not_a_regular_file_is_refused_without_waiting() {
    let (directory, _) = example();
    let pipe = directory.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
    let socket = directory.path().join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    let folder = directory.path().join("folder");
    fs::create_dir(&folder).unwrap();
    for path in [&pipe, &socket, &folder] {
        check(path, "name a regular file");
    }
}

#[test]
fn nothing_is_overwritten() {
    let (_directory, path) = example();
    let before = fs::read(&path).unwrap();
    let key = SecretKey::generate().unwrap();
    let description = description("another", Purpose::AGENT);
    let other = KeyFile::seal_key(&key, description, &passphrase(PASSPHRASE)).unwrap();
    let error = other.create(&path).unwrap_err();
    assert_eq!(error.code(), "key.exists");
    assert!(error.to_string().contains("choose another path"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_missing_file_and_a_missing_directory_say_so() {
    let (directory, _) = example();
    for name in ["none.key", "none/none.key"] {
        let error = KeyFile::read(&directory.path().join(name)).unwrap_err();
        assert_eq!(error.code(), "key.missing");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn a_file_over_the_cap_is_refused_and_one_at_the_cap_is_read() {
    let (directory, _) = example();
    let path = directory.path().join("long.key");
    let long = |length: usize| {
        fs::write(&path, vec![b'x'; length]).unwrap();
        set_mode(&path, 0o600);
        KeyFile::read(&path).unwrap_err().to_string()
    };
    assert!(long(KeyFile::MAX_LEN + 1).contains("is too long for a key file"));
    assert!(long(KeyFile::MAX_LEN).contains("is not a key file of procura"));
}

#[test]
fn a_path_with_odd_characters_is_quoted_and_escaped() {
    let (directory, _) = example();
    let path = directory.path().join("it's\u{1b}[31m here.key");
    let error = KeyFile::read(&path).unwrap_err().to_string();
    assert!(error.contains(r"it'\''s\u{1b}[31m here.key'"), "{error}");
    assert!(!error.contains('\u{1b}'));
}
