//! Structured fields as the vectors write them: lists of values and parameters.

use serde_json::{Value, json};
use sfv::{
    BareItem, Date, Decimal, Dictionary, InnerList, Item, Key, List, ListEntry, Parameters, String,
    Token,
};

pub(super) fn of_item(item: &Item) -> Value {
    json!([of_bare(&item.bare_item), of_parameters(&item.params)])
}

pub(super) fn of_list(list: &[ListEntry]) -> Value {
    list.iter().map(of_entry).collect()
}

pub(super) fn of_dictionary(dictionary: &Dictionary) -> Value {
    dictionary.iter().map(|(key, entry)| json!([key.as_str(), of_entry(entry)])).collect()
}

fn of_entry(entry: &ListEntry) -> Value {
    match entry {
        ListEntry::Item(item) => of_item(item),
        ListEntry::InnerList(InnerList { items, params }) => {
            let items: Value = items.iter().map(of_item).collect();
            json!([items, of_parameters(params)])
        }
    }
}

fn of_parameters(parameters: &Parameters) -> Value {
    parameters.iter().map(|(key, value)| json!([key.as_str(), of_bare(value)])).collect()
}

fn of_bare(value: &BareItem) -> Value {
    match value {
        BareItem::Integer(integer) => i64::from(*integer).into(),
        BareItem::Decimal(decimal) => of_decimal(decimal),
        BareItem::String(text) => text.as_str().into(),
        BareItem::Boolean(truth) => (*truth).into(),
        BareItem::ByteSequence(bytes) => typed("binary", base32(bytes).into()),
        BareItem::Token(token) => typed("token", token.as_str().into()),
        BareItem::Date(date) => typed("date", i64::from(date.unix_seconds()).into()),
        BareItem::DisplayString(text) => typed("displaystring", text.as_str().into()),
    }
}

/// The double that the decimal's text denotes, as the vectors' numbers are read.
fn of_decimal(decimal: &Decimal) -> Value {
    decimal.to_string().parse::<f64>().map_or(Value::Null, Value::from)
}

fn typed(name: &str, value: Value) -> Value {
    json!({"__type": name, "value": value})
}

/// RFC 4648, section 6: the vectors write bytes so.
fn base32(bytes: &[u8]) -> std::string::String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: std::string::String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let mut text = std::string::String::new();
    for group in bits.as_bytes().chunks(5) {
        let group = std::string::String::from_utf8_lossy(group);
        let digit = usize::from_str_radix(&format!("{group:0<5}"), 2);
        let digit = digit.ok().and_then(|digit| DIGITS.get(digit));
        text.extend(digit.copied().map(char::from));
    }
    while !text.len().is_multiple_of(8) {
        text.push('=');
    }
    text
}

/// The item that `shape` describes, or nothing if there can be none.
pub(super) fn to_item(shape: &Value) -> Option<Item> {
    let (value, parameters) = pair(shape)?;
    Some(Item::with_params(to_bare(value)?, to_parameters(parameters)?))
}

/// The list that `shape` describes, or nothing if there can be none.
pub(super) fn to_list(shape: &Value) -> Option<List> {
    shape.as_array()?.iter().map(to_entry).collect()
}

/// The dictionary that `shape` describes, or nothing if there can be none.
pub(super) fn to_dictionary(shape: &Value) -> Option<Dictionary> {
    shape.as_array()?.iter().map(|member| to_member(member, to_entry)).collect()
}

fn to_entry(shape: &Value) -> Option<ListEntry> {
    let (value, parameters) = pair(shape)?;
    let Some(items) = value.as_array() else {
        return to_item(shape).map(ListEntry::Item);
    };
    let items = items.iter().map(to_item).collect::<Option<_>>()?;
    Some(InnerList::with_params(items, to_parameters(parameters)?).into())
}

fn to_parameters(shape: &Value) -> Option<Parameters> {
    shape.as_array()?.iter().map(|member| to_member(member, to_bare)).collect()
}

fn to_member<T>(shape: &Value, read: impl FnOnce(&Value) -> Option<T>) -> Option<(Key, T)> {
    let (key, value) = pair(shape)?;
    Some((Key::from_string(key.as_str()?.into()).ok()?, read(value)?))
}

fn to_bare(shape: &Value) -> Option<BareItem> {
    match shape {
        Value::Bool(truth) => Some((*truth).into()),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => BareItem::try_from(integer).ok(),
            None => Decimal::try_from(number.as_f64()?).ok().map(Into::into),
        },
        Value::String(text) => String::from_string(text.clone()).ok().map(Into::into),
        Value::Object(typed) => to_typed(typed.get("__type")?.as_str()?, typed.get("value")?),
        Value::Null | Value::Array(_) => None,
    }
}

fn to_typed(name: &str, value: &Value) -> Option<BareItem> {
    match name {
        "token" => Token::from_string(value.as_str()?.into()).ok().map(Into::into),
        "date" => {
            let seconds = sfv::Integer::try_from(value.as_i64()?).ok()?;
            Some(Date::from_unix_seconds(seconds).into())
        }
        "displaystring" => Some(BareItem::DisplayString(value.as_str()?.into())),
        _ => None,
    }
}

fn pair(shape: &Value) -> Option<(&Value, &Value)> {
    let [first, second] = shape.as_array()?.as_slice() else {
        return None;
    };
    Some((first, second))
}
