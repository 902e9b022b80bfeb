//! Tells the steps: for a person, or as one JSON object a step.

use std::io::Write as _;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use procura_core::json::Object;

use crate::client::printable;

/// One step of the story.
#[derive(Clone, Debug, Default)]
pub(crate) struct Step {
    /// A short name that stays.
    pub(crate) id: &'static str,
    /// What happens, in a sentence.
    pub(crate) title: String,
    /// What should come of it.
    pub(crate) expect: String,
    /// What came of it.
    pub(crate) got: String,
    /// Who, for whom, what, the answer, the receipt: label and text.
    pub(crate) facts: Vec<(&'static str, String)>,
}

/// Prints steps as they happen and remembers whether all went as expected.
pub(crate) struct Narrator {
    json: bool,
    steps: u32,
    failed: u32,
}

impl Narrator {
    /// A narrator that prints JSON or prose.
    pub(crate) fn new(json: bool) -> Self {
        Self { json, steps: 0, failed: 0 }
    }

    /// A heading between steps.
    pub(crate) fn chapter(&self, title: &str) {
        if !self.json {
            let bold = Style::new().bold();
            print(&format!("\n{bold}{title}{bold:#}"));
        }
    }

    /// A step that happened.
    pub(crate) fn step(&mut self, step: &Step) {
        let ok = step.expect == step.got;
        self.steps = self.steps.saturating_add(1);
        self.failed = self.failed.saturating_add(u32::from(!ok));
        if self.json {
            print(&object(step, ok).to_canonical().unwrap_or_default());
        } else {
            print(&prose(step, ok, self.steps));
        }
    }

    /// The story could not go on.
    pub(crate) fn broke_off(&mut self, error: &anyhow::Error) {
        self.step(&Step {
            id: "broke-off",
            title: "the story could not go on".into(),
            expect: "the next step".into(),
            got: format!("{error:#}"),
            facts: Vec::new(),
        });
    }

    /// Whether every step went as expected.
    pub(crate) fn all_as_expected(&self) -> bool {
        self.failed == 0 && self.steps > 0
    }

    /// The end, and the directory if it was kept.
    pub(crate) fn close(&self, events: u64, kept: Option<&Path>) {
        let ok = self.all_as_expected();
        let kept = kept.map(|dir| dir.display().to_string());
        if self.json {
            let end = Object::new()
                .with("ok", ok)
                .with("steps", self.steps)
                .with("events", i64::try_from(events).unwrap_or(i64::MAX))
                .with("dir", kept);
            print(&end.to_canonical().unwrap_or_default());
            return;
        }
        let good = self.steps.saturating_sub(self.failed);
        print(&format!(
            "\n{good} of {} steps as expected; {events} events in the log.",
            self.steps
        ));
        match kept {
            Some(dir) => print(&next_steps(&dir)),
            None => print("Run it again with --keep to play with what it made."),
        }
    }
}

fn object(step: &Step, ok: bool) -> Object {
    let mut object = Object::new()
        .with("step", step.id)
        .with("title", step.title.as_str())
        .with("expect", step.expect.as_str())
        .with("got", step.got.as_str())
        .with("ok", ok);
    for (label, text) in &step.facts {
        object.set(label, text.as_str());
    }
    object
}

fn prose(step: &Step, ok: bool, number: u32) -> String {
    let colour = if ok { AnsiColor::Green } else { AnsiColor::Red };
    let (mark, style) = (if ok { "ok  " } else { "FAIL" }, colour.on_default().bold());
    let dim = Style::new().dimmed();
    let mut text = format!("{style}{mark}{style:#} {number:>2}  {}", step.title);
    for (label, fact) in &step.facts {
        text.push_str(&format!("\n         {dim}{label:<8}{dim:#} {}", printable(fact)));
    }
    if !ok {
        text.push_str(&format!(
            "\n         expected `{}`, got `{}`",
            printable(&step.expect),
            printable(&step.got)
        ));
    }
    text
}

fn next_steps(dir: &str) -> String {
    let data = format!("{dir}/data");
    let with = format!("procura --data {data} --passphrase-file {dir}/passphrase");
    format!(
        "\nEverything is in {dir}. Try:
  {with} audit tail
  {with} inspect {dir}/chains/instance.chain
  {with} verify receipt {dir}/receipts/*.txt --trust {data}/trust.json
  {with} up --listen 127.0.0.1:0"
    )
}

fn print(text: &str) {
    // A closed pipe is the reader's wish; the story goes on for its exit code.
    let _written = writeln!(anstream::stdout(), "{text}");
}
