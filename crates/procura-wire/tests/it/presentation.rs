//! Credentials as they travel.

use procura_core::json::Value;
use procura_core::limits;
use procura_core::refusal::Outcome;
use procura_wire::presentation::Presentation;

fn presentation(tokens: usize) -> Presentation {
    Presentation {
        chain: vec!["a.b.c".into(); tokens],
        proof: "d.e.f".into(),
        approvals: Vec::new(),
    }
}

#[test]
fn what_is_written_is_read() {
    let shown = presentation(3);
    assert_eq!(Presentation::parse(&shown.to_object().into()), Ok(shown));
}

#[test]
fn members_of_others_are_ignored() {
    let shown = presentation(1);
    let object = shown.to_object().with("another", Vec::<Value>::new());
    assert_eq!(Presentation::parse(&object.into()), Ok(shown));
}

#[test]
fn approvals_travel_with_the_call_up_to_a_limit() {
    let with =
        |count: usize| Presentation { approvals: vec!["a.b.c".into(); count], ..presentation(1) };
    for count in [1, limits::APPROVALS] {
        assert_eq!(Presentation::parse(&with(count).to_object().into()), Ok(with(count)));
    }
    let refused = Presentation::parse(&with(limits::APPROVALS + 1).to_object().into()).unwrap_err();
    assert_eq!((refused.outcome, refused.step), (Outcome::TooLarge, "P7"));
    for wrong in [Value::Null, "a.b.c".into(), vec![1_u32].into()] {
        let object = presentation(1).to_object().with("aat_approvals", wrong);
        assert_eq!(Presentation::parse(&object.into()).unwrap_err().outcome, Outcome::Malformed);
    }
}

#[test]
fn a_chain_has_a_limit() {
    assert!(Presentation::parse(&presentation(limits::CHAIN_TOKENS).to_object().into()).is_ok());
    let long = presentation(limits::CHAIN_TOKENS.checked_add(1).unwrap());
    let refused = Presentation::parse(&long.to_object().into()).unwrap_err();
    assert_eq!(refused.outcome, Outcome::TooLarge);
}

#[test]
fn a_chain_may_be_left_out_and_not_be_empty() {
    let named = Presentation { chain: Vec::new(), ..presentation(1) };
    assert_eq!(Presentation::parse(&named.to_object().into()), Ok(named.clone()));
    assert!(named.to_object().get("aat_chain").is_none());
    let empty = named.to_object().with("aat_chain", Vec::<Value>::new());
    assert_eq!(Presentation::parse(&empty.into()).unwrap_err().outcome, Outcome::Malformed);
}

#[test]
fn members_have_their_types() {
    let right = presentation(1).to_object();
    for wrong in [
        Value::from("text"),
        right.clone().with("aat_chain", "a.b.c").into(),
        right.clone().with("aat_chain", vec![1u32]).into(),
        right.with("aat_pop", Value::Null).into(),
    ] {
        assert_eq!(Presentation::parse(&wrong).unwrap_err().outcome, Outcome::Malformed);
    }
}
