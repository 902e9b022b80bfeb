//! Numbers: what was written, what a double makes of it, and whether they are the same.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use procura_core::json::{self, Value};

fn check(numbers: &[&str], expected: Expect) {
    let mut table = String::new();
    for text in numbers {
        let value = json::parse(text.as_bytes()).unwrap();
        let canonical = value.to_canonical().unwrap_or_else(|_| "inexact".into());
        let integer = value.as_integer().map_or("-".into(), |integer| integer.to_string());
        writeln!(table, "{text:<28} {canonical:<24} {integer}").unwrap();
    }
    expected.assert_eq(&table);
}

#[test]
fn a_number_is_exact_if_its_double_denotes_what_was_written() {
    check(
        &[
            "0.1",
            "0.10",
            "1.0",
            "0.1e1",
            "1e2",
            "1E+2",
            "1.00000000000000001",
            "0.30000000000000004",
            "0.3000000000000000444",
            "333333333.33333329",
            "1e20",
            "1e21",
            "1e23",
            "5e-324",
            "4e-324",
            "1e-400",
            "1e308",
            "1e309",
            "1e400",
            "-1e400",
            "1e99999999999",
            "1e-99999999999",
        ],
        expect![[r#"
            0.1                          0.1                      -
            0.10                         0.1                      -
            1.0                          1                        -
            0.1e1                        1                        -
            1e2                          100                      -
            1E+2                         100                      -
            1.00000000000000001          inexact                  -
            0.30000000000000004          0.30000000000000004      -
            0.3000000000000000444        inexact                  -
            333333333.33333329           inexact                  -
            1e20                         100000000000000000000    -
            1e21                         1e+21                    -
            1e23                         1e+23                    -
            5e-324                       5e-324                   -
            4e-324                       inexact                  -
            1e-400                       inexact                  -
            1e308                        1e+308                   -
            1e309                        inexact                  -
            1e400                        inexact                  -
            -1e400                       inexact                  -
            1e99999999999                inexact                  -
            1e-99999999999               inexact                  -
        "#]],
    );
}

#[test]
fn an_integer_is_written_as_one_and_is_not_beyond_2_to_the_53() {
    check(
        &[
            "0",
            "-0",
            "-0.0",
            "1",
            "-1",
            "1.0",
            "1e0",
            "9007199254740990",
            "9007199254740991",
            "9007199254740992",
            "9007199254740993",
            "9007199254740994",
            "-9007199254740991",
            "-9007199254740992",
            "-9007199254740993",
            "9223372036854775807",
            "100000000000000000000",
            "123456789012345678901234567890",
        ],
        expect![[r#"
            0                            0                        0
            -0                           0                        0
            -0.0                         0                        -
            1                            1                        1
            -1                           -1                       -1
            1.0                          1                        -
            1e0                          1                        -
            9007199254740990             9007199254740990         9007199254740990
            9007199254740991             9007199254740991         9007199254740991
            9007199254740992             9007199254740992         -
            9007199254740993             inexact                  -
            9007199254740994             9007199254740994         -
            -9007199254740991            -9007199254740991        -9007199254740991
            -9007199254740992            -9007199254740992        -
            -9007199254740993            inexact                  -
            9223372036854775807          inexact                  -
            100000000000000000000        100000000000000000000    -
            123456789012345678901234567890 inexact                  -
        "#]],
    );
}

#[test]
fn an_integer_of_ours_that_is_no_double_cannot_be_stated() {
    assert_eq!(Value::from(7_i64).to_canonical().unwrap(), "7");
    let beyond = Value::from((1_i64 << 53) + 1);
    assert!(beyond.to_canonical().is_err());
    assert!(!beyond.is_admissible());
}

#[test]
fn one_number_that_is_not_exact_spoils_everything_around_it() {
    let text = r#"{"a":[{"b":9007199254740993}]}"#;
    let object = json::parse_object(text.as_bytes()).unwrap();
    assert!(!object.is_admissible());
    assert!(object.to_canonical().is_err());
    let text = text.replace('3', "4");
    let object = json::parse_object(text.as_bytes()).unwrap();
    assert!(object.is_admissible());
}

#[test]
fn of_two_shortest_decimals_that_are_equally_near_the_even_one_is_the_number() {
    // The double is 1424953923781206.25. ECMAScript writes the first; some writers the second.
    for (text, is_exact) in [
        ("1424953923781206.2", true),
        ("1424953923781206.3", false),
        ("1424953923781206.25", false),
    ] {
        let value = json::parse(text.as_bytes()).unwrap();
        assert_eq!(value.is_admissible(), is_exact, "{text}");
        assert_eq!(value.as_number().unwrap().as_f64().to_bits(), 0x4314_3ff3_c1cb_0959);
    }
}
