//! The OS keyring: a real Secret Service where there is one, and stand-ins for
//! what a real one cannot be made to do.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use procura_keys::description::Purpose;
use procura_keys::key_file::KeyFile;
use procura_keys::keyring::{self, Keyring, KeyringError, Tool};
use procura_keys::passphrase::Passphrase;
use procura_keys::secret_bytes::SecretBytes;
use tempfile::TempDir;

use crate::world::{description, passphrase, private_directory};

const CANARY: &str = "canary süß \"quoted\" $(x) -w";

/// Puts a stand-in into its own directory, where it keeps its state.
fn stand_in(name: &str) -> (TempDir, PathBuf) {
    let directory = private_directory();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools").join(name);
    let link = directory.path().join(name);
    symlink(script, &link).unwrap();
    (directory, link)
}

fn opens_alike(one: &Passphrase, other: &Passphrase) -> bool {
    let secret = SecretBytes::generate().unwrap();
    let description = description("test", Purpose::DIGEST);
    let sealed = KeyFile::seal_bytes(&secret, description, one).unwrap();
    sealed.open_bytes(&Purpose::DIGEST, other).is_ok()
}

/// A passphrase is stored, replaced, read and forgotten, for one directory only.
fn check(keyring: &Keyring) {
    let directory = private_directory();
    let other = private_directory();
    assert!(keyring.read(directory.path()).unwrap().is_none());
    keyring.store(directory.path(), &passphrase("first")).unwrap();
    keyring.store(directory.path(), &passphrase(CANARY)).unwrap();
    let kept = keyring.read(directory.path()).unwrap().unwrap();
    assert!(opens_alike(&kept, &passphrase(CANARY)));
    assert!(keyring.read(other.path()).unwrap().is_none());
    keyring.forget(directory.path()).unwrap();
    assert!(keyring.read(directory.path()).unwrap().is_none());
    keyring.forget(directory.path()).unwrap();
}

#[test]
fn a_secret_service_keeps_a_passphrase_off_the_command_line() {
    let (state, program) = stand_in("fake-secret-tool");
    check(&Keyring::probe(Tool::SecretService(program)).unwrap());
    let arguments = fs::read_to_string(state.path().join("arguments")).unwrap();
    assert!(arguments.contains("store") && !arguments.contains("canary"), "{arguments}");
}

#[test]
fn a_keychain_keeps_a_passphrase_off_the_command_line() {
    let (state, program) = stand_in("fake-security");
    check(&Keyring::probe(Tool::Keychain(program)).unwrap());
    let arguments = fs::read_to_string(state.path().join("arguments")).unwrap();
    assert!(arguments.lines().any(|line| line == "-i"), "{arguments}");
    // Neither as it is nor as hexadecimal digits.
    assert!(!arguments.contains("canary") && !arguments.contains("63616e617279"), "{arguments}");
}

#[test]
fn a_keychain_item_that_is_not_ours_is_not_a_passphrase() {
    let (state, program) = stand_in("fake-security");
    let keyring = Keyring::probe(Tool::Keychain(program)).unwrap();
    let directory = private_directory();
    keyring.store(directory.path(), &passphrase("first")).unwrap();
    let item = fs::read_dir(state.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_str().unwrap().contains("item-"))
        .unwrap();
    for foreign in ["6\n", "zz\n", "\n", "0a0a\n", "ff\n"] {
        fs::write(&item, foreign).unwrap();
        let error = keyring.read(directory.path()).unwrap_err();
        assert!(matches!(error, KeyringError::Foreign), "{foreign:?}: {error}");
    }
}

#[test]
fn a_store_that_was_not_kept_is_an_error() {
    let (_state, program) = stand_in("forgetful");
    let keyring = Keyring::probe(Tool::SecretService(program)).unwrap();
    let directory = private_directory();
    let error = keyring.store(directory.path(), &passphrase(CANARY)).unwrap_err();
    assert!(matches!(error, KeyringError::NotKept));
    assert_eq!(error.code(), "key.keyring");
}

#[test]
fn a_tool_without_a_session_is_not_a_keyring() {
    let (_state, program) = stand_in("no-session");
    let error = Keyring::probe(Tool::SecretService(program)).unwrap_err();
    assert!(matches!(error, KeyringError::Refused(_)));
    assert!(error.to_string().contains("cannot reach a session"), "{error}");
    assert!(error.to_string().ends_with("use a passphrase file instead"), "{error}");
}

#[test]
fn a_missing_tool_is_not_a_keyring() {
    let directory = private_directory();
    let program = directory.path().join("none");
    let error = Keyring::probe(Tool::SecretService(program)).unwrap_err();
    assert!(matches!(error, KeyringError::Run(_)));
}

#[test]
fn a_tool_that_hangs_is_given_up_after_two_seconds() {
    let (_state, program) = stand_in("hanging");
    let start = Instant::now();
    let error = Keyring::probe(Tool::SecretService(program)).unwrap_err();
    assert!(matches!(error, KeyringError::Deadline(_)));
    assert!(start.elapsed() >= Duration::from_secs(2));
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn a_missing_data_directory_is_named_as_such() {
    let (_state, program) = stand_in("fake-secret-tool");
    let keyring = Keyring::probe(Tool::SecretService(program)).unwrap();
    let error = keyring.read(Path::new("/nowhere/at/all")).unwrap_err();
    assert!(matches!(error, KeyringError::Directory(_)));
}

/// Set for the copy of this test that runs inside a session of its own.
const INSIDE: &str = "PROCURA_KEYRING_SESSION";

/// Unlocks a new keyring and tries it by hand; 77 says that there is none.
const SESSION: &str = r#"
printf 'login' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1 || exit 77
printf 'x' | secret-tool store --label=trial application trial || exit 77
test "$(secret-tool lookup application trial)" = x || exit 77
exec "$0" --exact keyring::a_real_secret_service_keeps_a_passphrase --nocapture
"#;

#[test]
fn a_real_secret_service_keeps_a_passphrase() {
    if env::var_os(INSIDE).is_some() {
        check(&keyring::available().expect("the session was tried by hand"));
        return;
    }
    let tools = ["dbus-run-session", "gnome-keyring-daemon", "secret-tool"];
    if let Some(missing) = tools.into_iter().find(|tool| !installed(tool)) {
        eprintln!("skipped: `{missing}` is not installed, so there is no Secret Service to test");
        return;
    }
    let home = private_directory();
    let output = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", SESSION])
        .arg(env::current_exe().unwrap())
        .env(INSIDE, "1")
        .env("HOME", home.path())
        .env("XDG_DATA_HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(77) {
        eprintln!("skipped: no Secret Service starts in this environment: {said}");
        return;
    }
    assert!(output.status.success(), "{}{said}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{said}");
}

fn installed(tool: &str) -> bool {
    let search = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&search).any(|directory| directory.join(tool).is_file())
}
