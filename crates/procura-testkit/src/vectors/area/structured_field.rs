//! Structured fields (RFC 9651): which texts are dictionaries, and their strict form.

use procura_core::json::Object;

use crate::vectors::{
    Case,
    case::{Cases, output, refused},
};

/// A name, a text that is read, and its strict form.
const GOOD: &[(&str, &str, &str)] = &[
    ("empty", "", ""),
    ("spaces", "   ", ""),
    ("key_alone", "a", "a"),
    ("true_is_left_out", "a=?1", "a"),
    ("false", "a=?0", "a=?0"),
    ("keys", "a=1,b=2 ,\tc=3", "a=1, b=2, c=3"),
    ("key_characters", "*a-b_c.d*1=1", "*a-b_c.d*1=1"),
    ("zero", "a=0, b=-0, c=00042", "a=0, b=0, c=42"),
    (
        "fifteen_digits",
        "a=999999999999999, b=-999999999999999",
        "a=999999999999999, b=-999999999999999",
    ),
    ("string", r#"a="x y", b="", c="\"\\""#, r#"a="x y", b="", c="\"\\""#),
    ("word", "a=x, b=*, c=a/b:c!#$%&'*+-.^_`|~", "a=x, b=*, c=a/b:c!#$%&'*+-.^_`|~"),
    ("bytes", "a=:AQI=:, b=::", "a=:AQI=:, b=::"),
    ("list", r#"a=("x" 1 b)"#, r#"a=("x" 1 b)"#),
    ("list_spaces", "a=(  1   2  )", "a=(1 2)"),
    ("list_empty", "a=()", "a=()"),
    ("parameters", "a=1; x; y=?1;z=2, b;c=?0", "a=1;x;y;z=2, b;c=?0"),
    ("parameters_of_a_list", r#"a=("x";y "z");created=1"#, r#"a=("x";y "z");created=1"#),
    ("signature", "sig1=:AQID:;x", "sig1=:AQID:;x"),
];

/// A name, and a text that is none.
const WRONG: &[(&str, &str)] = &[
    ("tab_first", "\ta=1"),
    ("comma_last", "a=1,"),
    ("comma_and_space_last", "a=1, "),
    ("comma_first", ",a=1"),
    ("two_commas", "a=1,,b=2"),
    ("no_comma", "a=1 b=2"),
    ("semicolon_between", "a=1 ;x"),
    ("line_feed", "a=1,\nb=2"),
    ("key_in_capitals", "A=1"),
    ("key_digit", "1a=1"),
    ("key_quoted", "\"a\"=1"),
    ("key_missing", "=1"),
    ("value_missing", "a="),
    ("space_before_value", "a= 1"),
    ("space_before_equals", "a =1"),
    ("sixteen_digits", "a=1000000000000000"),
    ("sixteen_digits_of_zeros", "a=0000000000000001"),
    ("sign_alone", "a=-"),
    ("plus", "a=+1"),
    ("two_signs", "a=--1"),
    ("decimal", "a=1.5"),
    ("point_last", "a=1."),
    ("date", "a=@1800000000"),
    ("display_string", "a=%\"x\""),
    ("string_open", "a=\"x"),
    ("string_escape_of_a_letter", r#"a="\x""#),
    ("string_escape_last", "a=\"\\"),
    ("string_beyond_ascii", "a=\"ö\""),
    ("string_control", "a=\"\u{7f}\""),
    ("string_tab", "a=\"\t\""),
    ("string_in_apostrophes", "a='x'"),
    ("word_beyond_ascii", "a=ö"),
    ("bytes_open", "a=:AQI="),
    ("bytes_without_padding", "a=:AQI:"),
    ("bytes_with_other_bits", "a=:AQJ=:"),
    ("bytes_url_alphabet", "a=:_-8=:"),
    ("bytes_with_space", "a=:AQ I=:"),
    ("boolean_2", "a=?2"),
    ("boolean_word", "a=?true"),
    ("list_open", "a=(1 2"),
    ("list_with_commas", "a=(1, 2)"),
    ("list_without_space", "a=(\"x\"\"y\")"),
    ("list_in_a_list", "a=((1))"),
    ("list_with_tab", "a=(1\t2)"),
    ("parameter_missing", "a=1;"),
    ("parameter_in_capitals", "a=1;X"),
    ("parameter_of_list", "a=1;x=(1)"),
    ("parameter_value_missing", "a=1;x="),
    ("list_alone", "(1 2)"),
];

/// A name, and a text with something that is there twice: RFC 9651 has a reader take the
/// last, and here it is refused.
const TWICE: &[(&str, &str)] = &[
    ("key", "a=1, a=1"),
    ("key_far_apart", "a=1, b, a=2"),
    ("parameter", "a=1;x=1;x=2"),
    ("parameter_of_a_list", "a=();x;x"),
    ("parameter_in_a_list", "a=(1;x;x)"),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("structured_field");
    let input = |text: &str| Object::new().with("text", text);
    for (name, text, strict) in GOOD {
        let what = format!("The dictionary `{text}`, and its strict form.");
        cases.add(&format!("structured_field_{name}"), &what, (input(text), output(*strict)));
    }
    cases.near("structured_field_keys");
    for (name, text) in WRONG {
        let what = format!("No dictionary, or none that is read: `{}`.", text.escape_debug());
        cases.add(&format!("structured_field_{name}"), &what, (input(text), refused("malformed")));
    }
    for (name, text) in TWICE {
        let what = format!("Something is there twice in `{text}`.");
        let case = (input(text), refused("duplicate_member"));
        cases.add(&format!("structured_field_twice_{name}"), &what, case);
    }
    cases.done()
}
