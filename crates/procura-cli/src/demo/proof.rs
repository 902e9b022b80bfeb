//! The end of the story: everything is proved with the server gone.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use procura_engine::port::Ledger as _;
use procura_store::open::OpenMode;
use procura_store::sqlite::Sqlite;

use super::narrate::{Narrator, Step};
use super::office::Office;
use super::stage::Stage;

/// Fetches the receipt of every event into files.
pub(crate) fn collect_receipts(office: &Office, root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for (number, event) in office.events()?.iter().enumerate() {
        let file = root.join("receipts").join(format!("{number:04}.txt"));
        std::fs::write(&file, office.receipt(event)?)?;
        files.push(file);
    }
    Ok(files)
}

/// Verifies the receipts in another process, flips one bit, and verifies again.
pub(crate) fn prove(
    stage: &mut Stage,
    receipts: &[PathBuf],
    narrator: &mut Narrator,
) -> anyhow::Result<()> {
    stage.stop_server()?;
    let trust = stage.place().trust();
    let code = verify(receipts, &trust)?;
    narrator.step(&Step {
        id: "audit-verified",
        title: "the server is stopped; another process verifies every receipt offline".into(),
        expect: format!("{} receipts, exit 0", receipts.len()),
        got: format!("{} receipts, exit {code}", receipts.len()),
        facts: vec![("what", "procura verify receipt … --trust trust.json".into())],
    });
    let code = audit(stage)?;
    narrator.step(&Step {
        id: "log-verified",
        title: "the whole log is recomputed and agrees with its pinned checkpoint".into(),
        expect: "exit 0".into(),
        got: format!("exit {code}"),
        facts: vec![("what", "procura audit verify".into())],
    });
    let victim = receipts.get(receipts.len() / 2).context("there is no receipt to tamper with")?;
    let (tampered, byte) = flip_one_bit(victim)?;
    let code = verify(&[tampered], &trust)?;
    narrator.step(&Step {
        id: "tampering-found",
        title: "one flipped bit in one receipt is found".into(),
        expect: "exit 1".into(),
        got: format!("exit {code}"),
        facts: vec![("what", format!("bit 0 of byte {byte} of {}", name_of(victim)))],
    });
    Ok(())
}

/// How many events the log has, now that the server recorded its end.
pub(crate) fn count_events(stage: &Stage) -> anyhow::Result<u64> {
    Ok(Sqlite::open(stage.place().root(), OpenMode::ReadOnly)?.size()?)
}

fn verify(receipts: &[PathBuf], trust: &Path) -> anyhow::Result<i32> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["verify", "receipt"]).args(receipts).arg("--trust").arg(trust);
    exit_code(&mut command)
}

fn audit(stage: &Stage) -> anyhow::Result<i32> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--data").arg(stage.place().root()).args(["audit", "verify"]);
    exit_code(&mut command)
}

fn exit_code(command: &mut Command) -> anyhow::Result<i32> {
    let output = command.env_clear().output().context("the verifier does not start")?;
    output.status.code().context("the verifier was killed")
}

/// Flips a bit of the event itself: the recorded action becomes another one.
fn flip_one_bit(receipt: &Path) -> anyhow::Result<(PathBuf, usize)> {
    let mut bytes = std::fs::read(receipt)?;
    let extra = b"\nextra ";
    let start = bytes.windows(extra.len()).position(|window| window == extra);
    // Well inside the base64 of the event, past its first members.
    let byte = start.context("the receipt has no event")?.saturating_add(100);
    let flipped = bytes.get_mut(byte).context("the receipt is too short")?;
    *flipped ^= 1;
    let tampered = receipt.with_extension("tampered");
    std::fs::write(&tampered, &bytes)?;
    Ok((tampered, byte))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
