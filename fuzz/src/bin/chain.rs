//! Chains as they arrive: what verifies does so without its leaf, and not with another.
//!
//! Seeds: chain
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::{limits, proof::verify_chain};
use procura_fuzz::rules;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let tokens: Vec<&str> = text.split('\n').collect();
    let Ok(chain) = verify_chain(&tokens, &rules()) else { return };
    let chain = chain.get();
    assert_eq!(chain.tokens().count(), tokens.len());
    assert!(tokens.len() <= limits::CHAIN_TOKENS && text.len() <= limits::CHAIN_BYTES + 9);
    let all: Vec<_> = chain.tokens().collect();
    for pair in all.windows(2) {
        let [above, below] = pair else { unreachable!("two") };
        assert!(below.expires <= above.expires && below.issued >= above.issued);
        assert!(below.max_depth <= above.max_depth && below.depth == above.depth + 1);
        assert_eq!((below.parent, &below.principal), (Some(above.hash), &above.principal));
        assert!(below.tools.check_within(&above.tools).is_ok());
    }
    if let [start @ .., _] = tokens.as_slice()
        && all.iter().rev().nth(1).is_some_and(|leaf| leaf.has_tools)
    {
        assert!(verify_chain(start, &rules()).is_ok(), "a chain is good without its leaf");
    }
    let twice: Vec<&str> = tokens.iter().chain(tokens.last()).copied().collect();
    assert!(verify_chain(&twice, &rules()).is_err());
});
