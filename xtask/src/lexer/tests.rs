use super::{Kind, lex};

/// Compares the tokens of `source`, each shown as its kind's initial and text.
fn check(source: &str, expected: &[&str]) {
    let found: Vec<String> =
        lex(source).iter().map(|token| format!("{} {}", initial(token.kind), token.text)).collect();
    assert_eq!(found, expected, "{source}");
}

fn initial(kind: Kind) -> char {
    match kind {
        Kind::Word => 'w',
        Kind::Lifetime => 'l',
        Kind::Number => 'n',
        Kind::Text => 't',
        Kind::Punct => 'p',
        Kind::Doc => 'd',
        Kind::Comment => 'c',
    }
}

#[test]
fn a_brace_inside_a_string_is_text() {
    check(r#"x("{ \" }")"#, &["w x", "p (", r#"t "{ \" }""#, "p )"]);
}

#[test]
fn a_raw_string_ends_at_its_own_hashes() {
    check(r####"r##"a"# { "##;"####, &[r####"t r##"a"# { "##"####, "p ;"]);
}

#[test]
fn a_raw_name_is_a_word() {
    check("r#fn r x", &["w r#fn", "w r", "w x"]);
}

#[test]
fn byte_and_c_strings_are_text() {
    check(
        r##"b"{" c"}" br#"{"# b'{' b'\''"##,
        &["t b\"{\"", "t c\"}\"", "t br#\"{\"#", "t b'{'", r"t b'\''"],
    );
}

#[test]
fn a_quote_starts_a_character_or_a_lifetime() {
    check(
        "'{' 'a' 'a, '\\'' '\\u{7b}'",
        &["t '{'", "t 'a'", "l 'a", "p ,", r"t '\''", r"t '\u{7b}'"],
    );
}

#[test]
fn a_lifetime_before_a_parenthesis_is_not_a_character() {
    check("&'static str", &["p &", "l 'static", "w str"]);
}

#[test]
fn a_character_may_be_wider_than_a_byte() {
    check("'ß' '→'", &["t 'ß'", "t '→'"]);
}

#[test]
fn block_comments_nest() {
    check("/* a /* } */ b */ x", &["c /* a /* } */ b */", "w x"]);
}

#[test]
fn documentation_is_told_from_other_comments() {
    check(
        "/// a\n//! b\n//// c\n// d\n/** e */ /*! f */ /*** g */ /**/ x",
        &[
            "d /// a",
            "d //! b",
            "c //// c",
            "c // d",
            "d /** e */",
            "d /*! f */",
            "c /*** g */",
            "c /**/",
            "w x",
        ],
    );
}

#[test]
fn a_range_is_not_a_fraction() {
    check("1..5 1.5 0x_ff.max", &["n 1", "p .", "p .", "n 5", "n 1.5", "n 0x_ff", "p .", "w max"]);
}

#[test]
fn a_token_knows_its_lines() {
    let tokens = lex("a\n\"b\nc\"\n  d");
    let lines: Vec<_> = tokens.iter().map(|token| (token.first, token.last)).collect();
    assert_eq!(lines, [(1, 1), (2, 3), (4, 4)]);
}

#[test]
fn text_is_never_a_keyword() {
    let tokens = lex("\"fn\" fn");
    let found: Vec<_> = tokens.iter().map(|token| token.is("fn")).collect();
    assert_eq!(found, [false, true]);
}

#[test]
fn unfinished_source_ends_with_an_odd_token() {
    for source in ["\"abc", "/* abc", "r#\"abc", "'", "b'", "'\\", "r#", "1."] {
        let length: usize = lex(source).iter().map(|token| token.text.len()).sum();
        assert_eq!(length, source.len(), "{source}");
    }
}

#[test]
fn every_visible_character_is_in_a_token() {
    let source = include_str!("../lexer.rs");
    let found: String = lex(source).iter().map(|token| token.text).collect();
    let squeeze = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(squeeze(&found), squeeze(source));
}
