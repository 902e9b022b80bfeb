//! Prints how long a verdict takes, as a ratio to the bare engine.
//!
//! Both sides answer the same 14 rules for the same 2 KB of input, one after
//! the other in small batches, so that other work on the machine slows both.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "measuring needs a clock; the crate itself has none"
)]
#![expect(clippy::arithmetic_side_effects, reason = "the divisors are constants")]

use std::time::{Duration, Instant};

use procura_policy::{PolicySet, Query, SourceFile, default_roles};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let input = input();
    let query = Query { principal: PRINCIPAL, agent: AGENT, tool: TOOL, input: &input };
    let set = PolicySet::compile(&[
        SourceFile { name: "roles.toml".to_owned(), text: default_roles(PRINCIPAL) },
        SourceFile { name: "rules.rego".to_owned(), text: RULES.to_owned() },
    ])?;
    let mut engine = regorus::Engine::new();
    engine.add_policy("rules.rego".to_owned(), RULES.to_owned())?;
    let raw = engine.compile_with_entrypoint(&"data.procura.decision".into())?;
    println!("input {} bytes, verdict {:?}", input.len(), set.evaluate(&query).effect);

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..300 {
        ours.push(time(|| drop(std::hint::black_box(set.evaluate(&query)))));
        theirs.push(time(|| {
            let value = regorus::Value::from_json_str(&input);
            let answer = value.and_then(|value| raw.eval_with_input(value));
            drop(std::hint::black_box(answer));
        }));
    }
    let (ours, theirs) = (tenth(ours), tenth(theirs));
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!("verdict {ours:?}, engine alone {theirs:?}, ratio {ratio:.3}");
    Ok(())
}

/// The time of one call, over a batch.
fn time(call: impl Fn()) -> Duration {
    let start = Instant::now();
    for _ in 0..BATCH {
        call();
    }
    start.elapsed() / BATCH
}

/// The tenth percentile: what the machine does when nothing else runs.
fn tenth(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 10).copied().unwrap_or_default()
}

fn input() -> String {
    let hop = |name: &str| {
        format!(
            r#"{{"client_id":"{name}","jkt":"{}","jti":"{}","iss":"https://auth.example.org","iat":1790000000,"exp":1790003600}}"#,
            "k".repeat(43),
            "j".repeat(22)
        )
    };
    let hops = [hop("root"), hop("spiffe://example.org/agent/lead"), hop(AGENT)].join(",");
    let body = "text ".repeat(200);
    format!(
        r#"{{"principal":"{PRINCIPAL}","agent":"{AGENT}","jkt":"{}","hops":[{hops}],"tool":"{TOOL}","args":{{"path":"/srv/notes/today.md","mode":"0644","size":1200,"tags":["a","b","c"],"environment":"staging","body":"{body}"}},"now":1790000100,"transport":"mcp"}}"#,
        "k".repeat(43)
    )
}

const PRINCIPAL: &str = "user:alice";
const AGENT: &str = "spiffe://example.org/agent/planner";
const TOOL: &str = "mcp:files/write_file";
const BATCH: u32 = 20;

const RULES: &str = r#"
package procura

default decision := {"effect": "allow", "rule": "default"}

decision := {"effect": "deny", "rule": "refused", "reason": concat("; ", sort(refusals))} if count(refusals) > 0

decision := {"effect": "approve", "rule": "sensitive", "approval": {"quorum": 1}} if {
	count(refusals) == 0
	is_sensitive
}

refusals contains "too many hops" if count(input.hops) > 5

refusals contains "expired" if {
	some hop in input.hops
	hop.exp <= input.now
}

refusals contains "too large" if input.args.size > limits[input.transport]

refusals contains "outside of the shared folders" if {
	is_write
	not is_shared
}

refusals contains "executable" if regex.match(`^0?[0-7]*[1357][0-7]*$`, input.args.mode)

is_write if startswith(tool_name, "write_")

is_shared if {
	some folder in folders
	startswith(input.args.path, folder)
}

is_sensitive if input.args.environment == "production"

tool_name := split(input.tool, "/")[1]

folders := ["/tmp/", "/home/shared/", "/srv/notes/"]

limits := {"mcp": 100000, "http": 1000000}
"#;
