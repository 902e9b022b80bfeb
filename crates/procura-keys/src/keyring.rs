//! The passphrase of a data directory, in the keyring of the desktop session.
//!
//! **Invariant:** the keyring holds passphrases and never keys, and a
//! passphrase reaches the keyring's tool on standard input, never as an
//! argument. What was stored is read back before it counts as stored.

mod tool;

use std::env;
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use procura_core::hash::Digest;
use zeroize::Zeroizing;

use self::tool::Answer;
use crate::passphrase::Passphrase;

/// A program that talks to a keyring.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Tool {
    /// `secret-tool` of libsecret, for the Secret Service of Linux desktops.
    SecretService(PathBuf),
    /// `security` of macOS.
    Keychain(PathBuf),
}

/// A keyring that answered.
#[derive(Debug)]
pub struct Keyring {
    tool: Tool,
}

/// Why the keyring did not serve.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The data directory is not there.
    #[error("the data directory cannot be found; create it first, or correct the path")]
    Directory(#[source] io::Error),
    /// The tool did not start, or its pipes broke.
    #[error("the keyring tool cannot be run; use a passphrase file instead")]
    Run(#[source] io::Error),
    /// The tool did not answer in time.
    #[error("the keyring did not answer within {} s; unlock it, or use a passphrase file instead", .0.as_secs())]
    Deadline(Duration),
    /// The tool said no.
    #[error("the keyring refused: {0}; unlock it, or use a passphrase file instead")]
    Refused(String),
    /// What is stored is not what was to be stored.
    #[error("the keyring did not keep the passphrase; use a passphrase file instead")]
    NotKept,
    /// What is stored is not a passphrase.
    #[error(
        "the keyring holds something else under our name; remove that entry, then store the passphrase again"
    )]
    Foreign,
}

impl KeyringError {
    /// The stable code, for machines.
    pub fn code(&self) -> &'static str {
        "key.keyring"
    }
}

/// The keyring of this session, if there is one that answers within two seconds.
pub fn available() -> Option<Keyring> {
    Keyring::probe(Tool::of_this_system()?).ok()
}

impl Tool {
    /// The keyring tool of this system, if it is installed.
    pub fn of_this_system() -> Option<Self> {
        if cfg!(target_os = "macos") {
            let path = PathBuf::from("/usr/bin/security");
            return path.is_file().then_some(Self::Keychain(path));
        }
        let search = env::var_os("PATH")?;
        // Only absolute entries: the current directory may be anybody's.
        env::split_paths(&search)
            .filter(|directory| directory.is_absolute())
            .map(|directory| directory.join("secret-tool"))
            .find(|path| path.is_file())
            .map(Self::SecretService)
    }
}

impl Keyring {
    /// Asks `tool` for an entry that does not exist, and takes it if the answer
    /// is that there is none.
    pub fn probe(tool: Tool) -> Result<Self, KeyringError> {
        let keyring = Self { tool };
        match keyring.look_up("probe", PROBE_DEADLINE)? {
            None => Ok(keyring),
            Some(_) => Err(KeyringError::Foreign),
        }
    }

    /// Stores the passphrase of the data directory `directory`.
    ///
    /// The entry is found again by the directory's path: after moving the
    /// directory, store the passphrase again.
    pub fn store(&self, directory: &Path, passphrase: &Passphrase) -> Result<(), KeyringError> {
        let directory = directory.canonicalize().map_err(KeyringError::Directory)?;
        let entry = entry_of(&directory);
        let answer = match &self.tool {
            Tool::SecretService(program) => {
                let mut label = OsString::from("--label=Procura passphrase of ");
                label.push(&directory);
                let command = &mut Command::new(program);
                command.arg("store").arg(label).args(attributes(&entry));
                tool::run(command, passphrase.as_bytes(), USE_DEADLINE)?
            }
            Tool::Keychain(program) => {
                let script = keychain_script(&entry, passphrase);
                tool::run(Command::new(program).arg("-i"), &script, USE_DEADLINE)?
            }
        };
        // Not `complaint`: a tool may repeat its input when it complains.
        if !answer.succeeded() {
            return Err(KeyringError::Refused("it did not store the passphrase".to_owned()));
        }
        let kept = self.look_up(&entry, USE_DEADLINE)?;
        match kept {
            Some(kept) if kept.as_bytes() == passphrase.as_bytes() => Ok(()),
            Some(_) | None => Err(KeyringError::NotKept),
        }
    }

    /// Reads the passphrase of the data directory `directory`, if it is stored.
    pub fn read(&self, directory: &Path) -> Result<Option<Passphrase>, KeyringError> {
        let directory = directory.canonicalize().map_err(KeyringError::Directory)?;
        self.look_up(&entry_of(&directory), USE_DEADLINE)
    }

    /// Removes the passphrase of the data directory `directory`, if it is stored.
    pub fn forget(&self, directory: &Path) -> Result<(), KeyringError> {
        let directory = directory.canonicalize().map_err(KeyringError::Directory)?;
        let entry = entry_of(&directory);
        let answer = match &self.tool {
            Tool::SecretService(program) => tool::run(
                Command::new(program).arg("clear").args(attributes(&entry)),
                &[],
                USE_DEADLINE,
            )?,
            Tool::Keychain(program) => tool::run(
                Command::new(program).arg("delete-generic-password").args(options(&entry)),
                &[],
                USE_DEADLINE,
            )?,
        };
        if answer.succeeded() || self.is_absence(&answer) {
            return Ok(());
        }
        Err(KeyringError::Refused(answer.complaint()))
    }

    fn look_up(&self, entry: &str, deadline: Duration) -> Result<Option<Passphrase>, KeyringError> {
        let answer = match &self.tool {
            Tool::SecretService(program) => tool::run(
                Command::new(program).arg("lookup").args(attributes(entry)),
                &[],
                deadline,
            )?,
            Tool::Keychain(program) => tool::run(
                Command::new(program).arg("find-generic-password").args(options(entry)).arg("-w"),
                &[],
                deadline,
            )?,
        };
        if self.is_absence(&answer) {
            return Ok(None);
        }
        if !answer.succeeded() {
            return Err(KeyringError::Refused(answer.complaint()));
        }
        self.decode(&answer.output).map(Some)
    }

    fn decode(&self, output: &[u8]) -> Result<Passphrase, KeyringError> {
        let line = match &self.tool {
            Tool::SecretService(_) => Zeroizing::new(output.to_vec()),
            Tool::Keychain(_) => {
                let line = output.strip_suffix(b"\n").unwrap_or(output);
                from_hexadecimal(line).ok_or(KeyringError::Foreign)?
            }
        };
        Passphrase::from_line(&line).map_err(|_| KeyringError::Foreign)
    }

    /// Whether the tool says, in its own way, that there is no such entry.
    fn is_absence(&self, answer: &Answer) -> bool {
        match &self.tool {
            // A failure exits with 1 as well, but says why.
            Tool::SecretService(_) => answer.code == Some(1) && answer.is_silent(),
            // errSecItemNotFound is -25300, of which a process returns the low byte.
            Tool::Keychain(_) => answer.code == Some(44),
        }
    }
}

/// Longer than a probe, because a person may have to unlock the keyring.
const USE_DEADLINE: Duration = Duration::from_secs(60);
const PROBE_DEADLINE: Duration = Duration::from_secs(2);

/// The name of a directory's entry: short, and with nothing to quote.
fn entry_of(directory: &Path) -> String {
    format!("sha256-{}", Digest::of(directory.as_os_str().as_bytes()))
}

fn attributes(entry: &str) -> [&str; 4] {
    ["application", "procura", "directory", entry]
}

fn options(entry: &str) -> [&str; 4] {
    ["-s", "procura", "-a", entry]
}

/// The command that stores a passphrase, for `security -i` to read.
///
/// The passphrase is stored as hexadecimal digits: there is nothing to quote
/// in them, and `security` prints them back as they are.
fn keychain_script(entry: &str, passphrase: &Passphrase) -> Zeroizing<Vec<u8>> {
    let command = format!("add-generic-password -U -s procura -a {entry} -w ");
    let digits = passphrase.as_bytes().len().saturating_mul(2);
    // All the room at once, so that the script does not move while it grows.
    let room = command.len().saturating_add(digits).saturating_add(1);
    let mut script = Zeroizing::new(Vec::with_capacity(room));
    script.extend_from_slice(command.as_bytes());
    for byte in passphrase.as_bytes() {
        script.extend([byte >> 4, byte & 0x0f].map(hexadecimal_digit));
    }
    script.push(b'\n');
    script
}

fn hexadecimal_digit(value: u8) -> u8 {
    char::from_digit(u32::from(value), 16)
        .and_then(|digit| u8::try_from(digit).ok())
        .unwrap_or(b'0')
}

fn from_hexadecimal(digits: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(digits.len().div_ceil(2)));
    for pair in digits.chunks(2) {
        let [high, low] = <[u8; 2]>::try_from(pair).ok()?;
        let value = |digit: u8| char::from(digit).to_digit(16).and_then(|v| u8::try_from(v).ok());
        bytes.push((value(high)? << 4) | value(low)?);
    }
    Some(bytes)
}
