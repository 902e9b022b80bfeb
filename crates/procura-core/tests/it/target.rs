//! Addresses: which spellings are one place, and which texts are none.

use procura_core::target::Target;
use proptest::prelude::*;

#[test]
fn spellings_of_one_place_have_one_normal_form() {
    for (spelling, normal) in [
        ("https://a.example", "https://a.example/"),
        ("https://a.example?x", "https://a.example/"),
        ("HTTPS://A.Example:443/", "https://a.example/"),
        ("http://a.example:080/", "http://a.example/"),
        ("http://a.example:/b", "http://a.example/b"),
        ("https://a.example:80/", "https://a.example:80/"),
        ("https://a.example/b?c=d#e", "https://a.example/b"),
        ("https://a.example/b#e?f", "https://a.example/b"),
        ("https://a.example/%7ealice/%41", "https://a.example/~alice/A"),
        ("https://a.example/%c3%a9", "https://a.example/%C3%A9"),
        ("https://a.example/a%2fb", "https://a.example/a%2Fb"),
        ("https://a.example/a/./b/../c", "https://a.example/a/c"),
        ("https://a.example/a/%2e%2E/c", "https://a.example/c"),
        ("https://a.example/../../a", "https://a.example/a"),
        ("https://a.example/a/..", "https://a.example/"),
        ("https://a.example/a/b/.", "https://a.example/a/b/"),
        ("https://a.example/a/b/..", "https://a.example/a/"),
        ("https://a.example//a", "https://a.example//a"),
        ("http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080/"),
    ] {
        let target = Target::parse(spelling).unwrap_or_else(|| panic!("{spelling}"));
        assert_eq!(target.as_str(), normal, "{spelling}");
        assert_eq!(Target::parse(normal), Some(target.clone()), "{normal}");
        assert_eq!(format!("{}{}", target.origin(), target.path()), normal);
    }
}

#[test]
fn places_that_differ_have_two_normal_forms() {
    let good = Target::parse("https://a.example/b").unwrap();
    for other in [
        "http://a.example/b",
        "https://b.example/b",
        "https://a.example:8443/b",
        "https://a.example/B",
        "https://a.example/b/",
        "https://a.example/b%2F",
        "https://a.example//b",
        "https://a.example.evil/b",
    ] {
        assert_ne!(Target::parse(other).unwrap(), good, "{other}");
    }
}

#[test]
fn what_readers_would_disagree_about_is_no_target() {
    for text in [
        "",
        "a.example/b",
        "/b",
        "ftp://a.example/",
        "https:/a.example/",
        "https:///b",
        "https://user@a.example/",
        "https://a.example@evil.example/",
        "https://a.example\\@evil.example/",
        "https://a.example:99999/",
        "https://a.example:-1/",
        "https://a.example:8a/",
        "https://a..example/",
        "https://a.example./",
        "https://[::1/",
        "https://[nonsense]/",
        "https://ä.example/",
        "https://a%2eexample/",
        "https://a.example/ä",
        "https://a.example/a b",
        "https://a.example/a\\b",
        "https://a.example/%",
        "https://a.example/%4",
        "https://a.example/%zz",
        "https://a.example/%+1",
        "https://a.example/a\n",
        "https://a.example/\0",
    ] {
        assert_eq!(Target::parse(text), None, "{text:?}");
    }
}

proptest! {
    #[test]
    fn a_normal_form_is_its_own(text in "https?://[a-z]{1,3}(:[0-9]{1,4})?(/|%[0-9a-fA-F]{2}|[.]|[a-z]){0,12}([?#].{0,4})?") {
        if let Some(target) = Target::parse(&text) {
            let again = Target::parse(target.as_str()).unwrap();
            prop_assert_eq!(again, target);
        }
    }

    #[test]
    fn no_text_stops_the_reader(text in any::<String>()) {
        Target::parse(&text);
        Target::parse(&format!("https://{text}"));
        Target::parse(&format!("https://a/{text}"));
    }
}
