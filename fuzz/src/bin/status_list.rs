//! Status lists that their issuer signed, and compressed lists, whatever they say.
//!
//! Seeds: list/payload, formats/status-list.md
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::{
    base64url,
    json::Object,
    key::Signer,
    limits,
    status_list::{StatusList, Statuses},
};
use procura_fuzz::{AUTHORITY, signed};
use procura_testkit::world;

const ADDRESS: &str = "https://as.procura.test/statuses/1";

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let bits = u32::from(first % 10);
    let object = Object::new().with("bits", bits).with("lst", base64url::encode(rest));
    if let Ok(read) = Statuses::parse(&object) {
        assert!(read.len() <= limits::STATUS_LIST_BYTES * 8);
        assert!(read.get(u64::try_from(read.len()).expect("a length")).is_none());
        assert_eq!(Statuses::parse(&read.to_object()).as_ref(), Ok(&read));
    }
    let text = signed(r#"{"alg":"Ed25519","typ":"statuslist+jwt"}"#, data, &AUTHORITY);
    let Ok(read) = StatusList::open(&text, ADDRESS, AUTHORITY.public_key(), world::NOW) else {
        return;
    };
    assert_eq!(read.uri, ADDRESS);
    assert!(read.expires.is_none_or(|end| end > world::NOW));
    assert!(read.fresh_until(world::NOW) >= world::NOW);
    let again = read.sign(&*AUTHORITY);
    let again = StatusList::open(&again, ADDRESS, AUTHORITY.public_key(), world::NOW);
    assert_eq!(again.as_ref(), Ok(&read), "what is signed opens");
});
