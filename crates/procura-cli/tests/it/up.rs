//! `procura up` that cannot start says why and what to do next; one that was stopped starts again.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::desk::Said;
use crate::house::House;
use crate::yard::BINARY;

const UP: &str = "up --listen 127.0.0.1:0";

/// A house where `up` ran once.
fn house() -> House {
    let house = House::new();
    house.up().terminate();
    house
}

/// It did not start, for the environment's sake, and says these words and nothing secret.
fn check_refused(house: &House, said: &Said, words: &[&str]) {
    assert_eq!((said.code, said.out.as_str()), (3, ""), "{said:?}");
    assert!(said.err.starts_with("error: "), "{said:?}");
    for words in words {
        assert!(said.err.contains(words), "`{words}` is not in {}", said.err);
    }
    if let Ok(passphrase) = fs::read_to_string(house.file("passphrase")) {
        assert!(!said.err.contains(passphrase.trim()), "{said:?}");
    }
}

#[test]
fn an_address_that_is_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let house = house();
    let said = house.run(&format!("up --listen {address}"));
    check_refused(&house, &said, &[&address, "in use", "next: choose another with --listen"]);
    house.up().terminate();
}

#[test]
fn a_second_up_on_one_directory_is_refused_and_does_not_disturb_the_first() {
    let house = House::new();
    let up = house.up();
    let said = house.run(UP);
    check_refused(&house, &said, &[&format!("in use by process {}", up.id()), "stop it first"]);
    assert_eq!(house.done("agent create coder")["name"], "coder");
    up.terminate();
}

#[test]
fn a_directory_that_cannot_be_used_is_named() {
    let house = House::new();
    fs::write(house.file("data"), "text").unwrap();
    let said = house.run(UP);
    check_refused(&house, &said, &["data cannot be read", "next: ", "--data DIR"]);
    let said: Said = house
        .bare()
        .args(["--data", "/proc/procura", "--passphrase-file", "passphrase", "up"])
        .output()
        .unwrap()
        .into();
    assert_ne!(said.code, 0, "{said:?}");
}

#[test]
fn a_directory_without_permission_is_named() {
    if rustix::process::geteuid().is_root() {
        println!("skipped: root may read everything");
        return;
    }
    let house = house();
    fs::set_permissions(house.file("data"), Permissions::from_mode(0o000)).unwrap();
    let said = house.run(UP);
    fs::set_permissions(house.file("data"), Permissions::from_mode(0o700)).unwrap();
    check_refused(&house, &said, &["data", "cannot be read", "next: "]);
}

#[test]
fn a_database_that_is_newer_foreign_or_none_is_left_as_it_is() {
    // The places of `user_version` and `application_id` in the header of SQLite's file format.
    let rows: [(usize, &[u8], &str); 4] = [
        (
            60,
            &0_u32.to_be_bytes(),
            "cannot be brought from version 0 to 1 (table migrations already exists); restore a backup",
        ),
        (60, &99_u32.to_be_bytes(), "written by a newer procura"),
        (68, &7_u32.to_be_bytes(), "is not a database of procura"),
        (0, b"not a database", "is not a database of procura"),
    ];
    let house = house();
    let file = house.file("data/procura.db");
    let good = fs::read(&file).unwrap();
    for (place, bytes, words) in rows {
        let mut bad = good.clone();
        bad[place..place + bytes.len()].copy_from_slice(bytes);
        fs::write(&file, &bad).unwrap();
        check_refused(&house, &house.run(UP), &["procura.db", words]);
        assert_eq!(fs::read(&file).unwrap(), bad, "{words}: it was changed");
    }
    fs::write(&file, good).unwrap();
    house.up().terminate();
}

#[test]
fn a_database_that_vanished_is_not_replaced_by_an_empty_one() {
    let house = house();
    fs::rename(house.file("data/procura.db"), house.file("elsewhere")).unwrap();
    check_refused(&house, &house.run(UP), &["there is no database"]);
    fs::rename(house.file("elsewhere"), house.file("data/procura.db")).unwrap();
    house.up().terminate();
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let house = house();
    let key = house.file("data/keys/authority.key");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    check_refused(&house, &house.run(UP), &["authority.key", "chmod 600"]);
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let passphrase = house.file("passphrase");
    fs::set_permissions(&passphrase, Permissions::from_mode(0o644)).unwrap();
    check_refused(&house, &house.run(UP), &["passphrase", "chmod 600"]);
    fs::set_permissions(&passphrase, Permissions::from_mode(0o600)).unwrap();
    house.up().terminate();
}

#[test]
fn a_passphrase_that_is_wrong_missing_or_nowhere_is_told_apart() {
    let house = house();
    fs::write(house.file("passphrase"), "another one\n").unwrap();
    check_refused(&house, &house.run(UP), &["does not open with this passphrase"]);
    fs::remove_file(house.file("passphrase")).unwrap();
    let said = house.run(UP);
    check_refused(&house, &said, &["passphrase", "does not exist"]);
    assert!(!house.file("passphrase").exists(), "a new passphrase opens no old key");
    let mut nowhere = house.bare();
    // Without a keyring's tool, too.
    let said: Said = nowhere.arg("up").env("PATH", "/nowhere").output().unwrap().into();
    check_refused(&house, &said, &["no terminal", "--passphrase-file FILE"]);
}

#[test]
fn settings_that_are_wrong_are_named_by_file_and_line() {
    let house = house();
    let file = house.file("data/procura.toml");
    let rows = [
        ("trust_domain = ", "line 1"),
        ("trust_domain = \"procura.local\"\nlisten = \"x\"\n", "unknown field `listen`"),
        ("host = \"x\"\n", "missing field `trust_domain`"),
        ("trust_domain = \"Not A Domain\"\n", "trust_domain: "),
        ("trust_domain = \"procura.local\"\n[servers.web]\n", "missing field `command`"),
        ("trust_domain = \"procura.local\"\n[servers.web]\ncommand = []\n", "has no command"),
        ("trust_domain = \"procura.local\"\n[servers.'a b']\ncommand = [\"x\"]\n", "server `a b`"),
    ];
    for (text, words) in rows {
        fs::write(&file, text).unwrap();
        check_refused(&house, &house.run(UP), &["procura.toml", words, "next: mend"]);
    }
    fs::remove_file(&file).unwrap();
    check_refused(&house, &house.run(UP), &["procura.toml cannot be read", "next: "]);
}

#[test]
fn a_policy_that_is_wrong_serves_nothing() {
    let house = house();
    for (name, text, words) in [
        ("procura.rego", "package procura\ndecision := {", "procura.rego"),
        ("roles.toml", "[roles", "roles.toml"),
        ("other.txt", "text", "other.txt"),
    ] {
        let file = house.file("data/policy").join(name);
        let good = fs::read(&file).ok();
        fs::write(&file, text).unwrap();
        check_refused(&house, &house.run(UP), &[words, "nothing is served without a policy"]);
        match good {
            Some(good) => fs::write(&file, good).unwrap(),
            None => fs::remove_file(&file).unwrap(),
        }
    }
    fs::remove_dir_all(house.file("data/policy")).unwrap();
    check_refused(&house, &house.run(UP), &["policy", "cannot be used", "next: mend"]);
}

#[test]
fn a_server_that_does_not_start_is_named_with_its_command() {
    let house = house();
    let config =
        "trust_domain = \"procura.local\"\n[servers.web]\ncommand = [\"/does/not/exist\", \"a\"]\n";
    fs::write(house.file("data/procura.toml"), config).unwrap();
    let words = ["`web` does not start", "next: try it by hand: /does/not/exist a"];
    check_refused(&house, &house.run(UP), &words);
}

#[test]
fn what_was_acknowledged_is_there_after_a_stop_and_after_a_kill() {
    let house = House::new();
    let up = house.up();
    house.done("agent create first");
    up.terminate();
    assert!(!house.file("data/server.json").exists(), "a stopped server says that it runs");
    let up = house.up();
    house.done("agent create second");
    up.kill();
    let said = house.run("agent list");
    assert!(said.code == 3 && said.err.contains("procura up"), "{said:?}");
    let up = house.up();
    let agents = house.done("agent list");
    let names: Vec<&Value> =
        agents["agents"].as_array().unwrap().iter().map(|agent| &agent["name"]).collect();
    assert_eq!(names, ["first", "second"]);
    up.terminate();
    let said = house.run("audit verify");
    assert_eq!(said.code, 0, "{said:?}");
}

#[test]
fn a_database_from_before_a_revocation_brings_nobody_back() {
    let house = house();
    let up = house.up();
    assert_eq!(house.done("agent create coder")["name"], "coder");
    up.terminate();
    let before = fs::read(house.file("data/procura.db")).unwrap();
    let up = house.up();
    house.done("agent revoke coder --reason stolen");
    up.terminate();
    house.up().terminate();
    // A thief of the database alone puts the older one back; the pin is gone too.
    fs::write(house.file("data/procura.db"), before).unwrap();
    fs::remove_file(house.file("data/checkpoint")).unwrap();
    let said = house.run(UP);
    check_refused(&house, &said, &["older than", "directory.jwt", "next: ", "backup"]);
}

#[test]
fn a_lost_key_of_the_authority_is_not_replaced_by_a_new_one() {
    let house = house();
    let key = house.file("data/keys/authority.key");
    let kept = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    let said = house.run(UP);
    check_refused(&house, &said, &["authority.key", "missing", "next: restore the key"]);
    assert!(!key.exists());
    fs::write(&key, kept).unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    house.up().terminate();
}

#[test]
fn a_log_whose_pin_is_lost_is_not_served_until_somebody_says_that_it_is_whole() {
    let house = house();
    let kept = fs::read(house.file("data/checkpoint")).unwrap();
    fs::remove_file(house.file("data/checkpoint")).unwrap();
    let verified = house.run("audit verify");
    assert_eq!(verified.code, 4, "nothing shows the end of the log: {verified:?}");
    let said = house.run(UP);
    check_refused(&house, &said, &["is gone", "log.pin_lost", "next: restore", "--pin-log"]);
    assert!(!house.file("data/checkpoint").exists());
    house.start(house.command(&format!("{UP} --pin-log --json"))).line();
    assert!(house.file("data/checkpoint").exists());
    fs::write(house.file("data/checkpoint"), kept).unwrap();
    house.up().terminate();
    assert_eq!(house.run("audit verify").code, 0);
}

#[test]
fn a_folder_that_others_may_write_is_refused() {
    for folder in ["data", "data/keys", "data/policy"] {
        let house = house();
        let path = house.file(folder);
        fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
        let said = house.run(UP);
        check_refused(&house, &said, &["others may change", "next: ", "chmod go-w"]);
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        house.up().terminate();
    }
}

#[test]
fn settings_and_policy_that_others_may_write_are_refused() {
    for file in ["data/procura.toml", "data/policy/procura.rego", "data/policy/roles.toml"] {
        let house = house();
        fs::set_permissions(house.file(file), Permissions::from_mode(0o664)).unwrap();
        // Where nobody else comes in, the mode of a file says nothing.
        house.up().terminate();
        fs::set_permissions(house.file("data"), Permissions::from_mode(0o755)).unwrap();
        let said = house.run(UP);
        check_refused(&house, &said, &["others may change", file, "chmod go-w"]);
        fs::set_permissions(house.file(file), Permissions::from_mode(0o644)).unwrap();
        house.up().terminate();
    }
    let house = house();
    let parent = house.file("data").parent().unwrap().to_path_buf();
    let usual = fs::metadata(&parent).unwrap().permissions();
    fs::set_permissions(&parent, Permissions::from_mode(0o777)).unwrap();
    // The passphrase is in it too, which is refused.
    let warned = house.run(UP).err;
    assert!(warned.contains("may replace the data directory"), "{warned}");
    fs::set_permissions(&parent, Permissions::from_mode(0o1777)).unwrap();
    let up = house.up();
    assert_eq!(up.complaints(), "");
    up.terminate();
    fs::set_permissions(&parent, usual).unwrap();
}

#[test]
fn a_directory_that_is_lost_beside_the_database_is_not_made_anew() {
    let house = house();
    let up = house.up();
    house.done("agent create coder");
    up.terminate();
    fs::remove_file(house.file("data/directory.jwt")).unwrap();
    check_refused(&house, &house.run(UP), &["directory.jwt is gone", "next: restore", "--pin-log"]);
    house.start(house.command(&format!("{UP} --pin-log --json"))).line();
    house.up().terminate();
}

#[test]
fn the_first_start_says_commands_that_work() {
    let house = House::new();
    let up = house.start(house.command(UP));
    let mut said = up.line();
    while !said.contains("agent create") {
        said = up.line();
    }
    let words: Vec<&str> = said.split_whitespace().collect();
    let mut command = Command::new(BINARY);
    let made = command.current_dir(house.file(".")).args(&words[1..]).output().unwrap();
    assert!(made.status.success(), "{said}: {made:?}");
    up.terminate();
}

#[test]
fn listening_beyond_this_machine_is_warned_of() {
    let house = house();
    let up = house.start(house.command("up --listen 0.0.0.0:0 --json"));
    up.line();
    house.done("agent list");
    let warned = up.complaints();
    assert!(warned.contains("beyond this machine") && warned.contains("TLS"), "{warned}");
    up.terminate();
    let up = house.up();
    assert_eq!(up.complaints(), "");
    up.terminate();
}

#[test]
fn a_name_that_is_a_path_is_no_person() {
    let house = house();
    for name in ["user:../authority", "user:", "user:Alice", "alice"] {
        let said = house.run(&format!("agent list --as {name}"));
        assert_eq!(said.code, 2, "{said:?}");
        assert!(said.err.contains("next: write it as user:NAME"), "{said:?}");
    }
}

#[test]
fn an_answer_that_cannot_be_printed_is_not_a_success() {
    let house = house();
    let up = house.up();
    for line in ["agent list", "agent create coder", "inspect data/trust.json"] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let ended = house.command(line).stdout(full).output().unwrap();
        assert_eq!(ended.status.code(), Some(3), "{line}");
        let complaint = String::from_utf8(ended.stderr).unwrap();
        assert!(complaint.contains("cannot be printed"), "{line}: {complaint}");
    }
    assert_eq!(house.done("agent list")["agents"].as_array().unwrap().len(), 1);
    up.terminate();
}

#[test]
fn while_the_log_cannot_be_signed_no_call_is_allowed() {
    let house = House::with_workshop();
    let up = house.up();
    house.done("agent create reader");
    house.done("delegate --to reader --out reader.chain --allow 'mcp:web/read_file(repo=acme/web, path=under:/)'");
    let call = "--json call web read_file --chain reader.chain --key reader --arg repo=acme/web --arg path=/src/auth.ts";
    assert_eq!(house.run(call).code, 0);
    // Where the next checkpoint would be written stands something else.
    fs::create_dir(house.file("data/checkpoint.new")).unwrap();
    let begun = Instant::now();
    let said = loop {
        let said = house.run(call);
        if said.code != 0 {
            break said;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "calls are still allowed");
    };
    assert!(said.out.contains("audit.unavailable"), "{said:?}");
    assert!(begun.elapsed() > Duration::from_secs(2), "one failed signature is no reason yet");
    fs::remove_dir(house.file("data/checkpoint.new")).unwrap();
    while house.run(call).code != 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "calls are still held");
    }
    up.terminate();
    assert_eq!(house.run("audit verify").code, 0);
}
