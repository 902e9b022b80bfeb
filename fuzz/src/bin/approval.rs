//! Decisions that a person signed, whatever they say.
//!
//! Seeds: approval/payload
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use procura_core::{
    approval::{self, Answer, Subject},
    directory::Directory,
    hash::Digest,
    json, limits,
};
use procura_fuzz::{ALICE, signed};
use procura_testkit::world;

static DIRECTORY: LazyLock<Directory> = LazyLock::new(|| world::directory(&["alice"], &[]));

fuzz_target!(|data: &[u8]| {
    let text = signed(r#"{"alg":"Ed25519","typ":"aat-approval+jwt"}"#, data, &ALICE);
    let subject = Subject {
        leaf: Digest::of(b"leaf"),
        tool: "deploy".into(),
        arguments: Digest::of(br#"{"to":"prod"}"#),
        policy: "revision".into(),
    };
    let Ok(read) = approval::verify(&text, &subject.digest(), &DIRECTORY, world::NOW) else {
        return;
    };
    assert_eq!((read.approver.as_str(), read.digest), ("user:alice", subject.digest()));
    assert!(read.issued < read.expires && read.expires > world::NOW);
    assert!(read.expires <= read.issued.plus(limits::APPROVAL_LIFETIME));
    let claims = json::parse_object(data).expect("what is read is JSON");
    assert_eq!(claims.len(), 10, "every claim is known");
    let word = if read.answer == Answer::Approve { "approve" } else { "deny" };
    assert_eq!(claims.get("decision").and_then(|word| word.as_str()), Some(word));
});
