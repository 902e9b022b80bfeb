//! One event of the log, as a line or two.

use procura_core::json::{self, Object, Value};
use procura_core::time::Timestamp;

use super::{moment, safe};

/// What an entry of the log says.
pub(crate) fn human(entry: &[u8]) -> String {
    let Ok(body) = json::parse_object(entry) else {
        return format!("an entry of {} bytes that is no event of procura", entry.len());
    };
    let text = |name| body.get(name).and_then(Value::as_str);
    let mut words = vec![when(&body), safe::text(text("kind").unwrap_or("no kind"))];
    let say = |label: &str, name| text(name).map(|value| format!("{label}{}", safe::text(value)));
    words.extend(say("", "code").filter(|code| code != "ok"));
    words.extend(
        say("by ", "agent_proven")
            .or_else(|| say("by somebody who claims to be ", "agent_claimed")),
    );
    words.extend(say("for ", "principal"));
    words.extend(say("on ", "target"));
    words.extend(say("under rule ", "rule"));
    if let Some(hop) = body.get("hop").and_then(Value::as_integer) {
        words.push(format!("at hop {hop}"));
    }
    let mut line = words.join("  ");
    if let Some(reason) = say("\n  because ", "reason") {
        line.push_str(&reason);
    }
    line
}

/// The same for a script.
pub(crate) fn json(entry: &[u8]) -> Value {
    match json::parse_object(entry) {
        Ok(body) if body.is_admissible() => body.into(),
        Ok(_) | Err(_) => Value::Null,
    }
}

fn when(body: &Object) -> String {
    let millis = body.get("ts").and_then(Value::as_integer).unwrap_or_default();
    moment::text(Timestamp::from_seconds(millis.div_euclid(1000)))
}
