//! Structured fields as the vectors write them: lists of values and parameters.

use procura_core::structured_field::{Bare, Dictionary, InnerList, Item, Member, Parameters};
use serde_json::{Value, json};

use super::wrap::pair;

const DECIMAL: &str = "it has a decimal, which we refuse: no signature or digest has one";
const DATE: &str = "it has a date, which we refuse: no signature or digest has one";
const DISPLAY_STRING: &str =
    "it has a display string, which we refuse: no signature or digest has one";

/// Why something in `shape` is of no type that is read here, if anything is.
///
/// The vectors write a decimal as a number with a point, and an integer without one.
pub(super) fn unknown_type(shape: &Value) -> Option<&'static str> {
    match shape {
        Value::Number(number) => number.is_f64().then_some(DECIMAL),
        Value::Array(values) => values.iter().find_map(unknown_type),
        Value::Object(typed) => match typed.get("__type")?.as_str()? {
            "date" => Some(DATE),
            "displaystring" => Some(DISPLAY_STRING),
            _ => None,
        },
        Value::Null | Value::Bool(_) | Value::String(_) => None,
    }
}

pub(super) fn of_dictionary(dictionary: &Dictionary) -> Value {
    dictionary.iter().map(|(key, member)| json!([key, of_member(member)])).collect()
}

fn of_member(member: &Member) -> Value {
    match member {
        Member::Item(item) => of_item(item),
        Member::InnerList(InnerList { items, parameters }) => {
            let items: Value = items.iter().map(of_item).collect();
            json!([items, of_parameters(parameters)])
        }
    }
}

fn of_item(Item { value, parameters }: &Item) -> Value {
    json!([of_bare(value), of_parameters(parameters)])
}

fn of_parameters(parameters: &Parameters) -> Value {
    parameters.iter().map(|(name, value)| json!([name, of_bare(value)])).collect()
}

fn of_bare(value: &Bare) -> Value {
    match value {
        Bare::Integer(integer) => (*integer).into(),
        Bare::String(text) => text.as_str().into(),
        Bare::Token(token) => typed("token", token.as_str().into()),
        Bare::Bytes(bytes) => typed("binary", base32(bytes).into()),
        Bare::Boolean(truth) => (*truth).into(),
    }
}

fn typed(name: &str, value: Value) -> Value {
    json!({"__type": name, "value": value})
}

/// RFC 4648, section 6: the vectors write bytes so.
fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let mut text = String::new();
    for group in bits.as_bytes().chunks(5) {
        let group = String::from_utf8_lossy(group);
        let digit = usize::from_str_radix(&format!("{group:0<5}"), 2);
        let digit = digit.ok().and_then(|digit| DIGITS.get(digit));
        text.extend(digit.copied().map(char::from));
    }
    while !text.len().is_multiple_of(8) {
        text.push('=');
    }
    text
}

/// The member that `shape` describes, right or wrong, or nothing if it describes none.
pub(super) fn to_member(shape: &Value) -> Option<Member> {
    let (value, parameters) = pair(shape)?;
    let Some(items) = value.as_array() else {
        return to_item(shape).map(Member::Item);
    };
    let items = items.iter().map(to_item).collect::<Option<_>>()?;
    Some(Member::InnerList(InnerList { items, parameters: to_parameters(parameters)? }))
}

fn to_item(shape: &Value) -> Option<Item> {
    let (value, parameters) = pair(shape)?;
    Some(Item { value: to_bare(value)?, parameters: to_parameters(parameters)? })
}

fn to_parameters(shape: &Value) -> Option<Parameters> {
    shape.as_array()?.iter().try_fold(Parameters::default(), |parameters, parameter| {
        let (name, value) = pair(parameter)?;
        Some(parameters.with(name.as_str()?, to_bare(value)?))
    })
}

/// The vectors for writing have no bytes.
fn to_bare(shape: &Value) -> Option<Bare> {
    match shape {
        Value::Bool(truth) => Some(Bare::Boolean(*truth)),
        Value::Number(number) => number.as_i64().map(Bare::Integer),
        Value::String(text) => Some(Bare::String(text.clone())),
        Value::Object(typed) => {
            let token = typed.get("value").filter(|_| typed.get("__type") == Some(&"token".into()));
            token.and_then(Value::as_str).map(|token| Bare::Token(token.into()))
        }
        Value::Null | Value::Array(_) => None,
    }
}
