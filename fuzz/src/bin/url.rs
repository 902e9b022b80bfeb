//! Addresses: what is inside is inside for a browser's reader too.
//!
//! Seeds: arguments/strings
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::constraint::url::UrlScope;
use url::Url;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let scope = UrlScope::new("https://api.test", "/v1").expect("a scope");
    for text in [
        text.to_owned(),
        format!("https://api.test/v1{text}"),
        format!("https://api.test{text}"),
        format!("https://{text}"),
    ] {
        if !scope.contains(&text) {
            continue;
        }
        let seen = Url::parse(&text).expect("what is inside is an address");
        assert_eq!(seen.scheme(), "https");
        assert_eq!(seen.host_str(), Some("api.test"));
        assert_eq!(seen.port_or_known_default(), Some(443));
        assert!(seen.username().is_empty() && seen.password().is_none());
        // This reader keeps empty segments, which are dropped here.
        let path: Vec<&str> = seen.path().split('/').filter(|part| !part.is_empty()).collect();
        assert_eq!(path.first(), Some(&"v1"), "{text}");
    }
    let Some((origin, path)) = text.split_once('\n') else { return };
    let Some(scope) = UrlScope::new(origin, path) else { return };
    let again = UrlScope::new(&scope.origin_text(), &scope.path_text());
    assert_eq!(again.as_ref(), Some(&scope));
    assert!(scope.is_within(&scope));
    let own = format!("{}{}", scope.origin_text(), scope.path_text());
    if let Some(origin) = UrlScope::new(&scope.origin_text(), "/") {
        assert!(scope.is_within(&origin));
        assert!(!scope.contains(&own) || origin.contains(&own));
    }
});
