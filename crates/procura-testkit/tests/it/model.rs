//! The lattice is compared with a second implementation of it.
//!
//! `vectors/model` holds the format's tables again, written in Python from the
//! text alone. Both are asked the same random questions, and have to give the
//! same answers: about rules, tools and calls, scopes and ceilings. `PROCURA_CASES`
//! raises their number.

mod ceilings;
mod detail;
mod meet;
mod pairs;

use std::{
    collections::BTreeMap,
    env,
    fs::File,
    io::{ErrorKind, Read as _, Seek as _, Write as _},
    path::Path,
    process::{Child, Command},
};

use procura_core::{
    constraint::{Constraint, Counter},
    detail::{Action, AgentDelegation, Scope},
    hash::Digest,
    json,
    tools::Tools,
};
use serde_json::Value;

use pairs::Dice;

/// How many questions are asked in each run; enough that each answer is frequent.
fn cases() -> usize {
    env::var("PROCURA_CASES").map_or(100_000, |cases| cases.parse().unwrap()).max(10_000)
}

/// A model that is at work on its questions.
struct Asked {
    python: Child,
    answers: File,
}

impl Asked {
    /// What it said to each question, in order.
    fn answers(mut self) -> Vec<Value> {
        let text = self.text();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn text(&mut self) -> String {
        assert!(self.python.wait().unwrap().success());
        let mut text = String::new();
        self.answers.rewind().unwrap();
        self.answers.read_to_string(&mut text).unwrap();
        text
    }
}

/// Starts the model, or nothing where there is no Python. It reads and writes
/// files, so that neither side waits for the other.
fn start(options: &[&str], questions: &[String]) -> Option<Asked> {
    let [mut asked, answers] = [(); 2].map(|()| tempfile::tempfile().unwrap());
    asked.write_all(questions.join("\n").as_bytes()).unwrap();
    asked.rewind().unwrap();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/model/model.py");
    let mut python = Command::new("python3");
    python.arg("-B").arg(model).args(options).stdin(asked).stdout(answers.try_clone().unwrap());
    match python.spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            assert!(env::var("CI").as_deref() != Ok("true"), "python3 is missing");
            println!("skipped: python3 is not here");
            None
        }
        python => Some(Asked { python: python.unwrap(), answers }),
    }
}

/// What the model says to each question, or nothing where there is no Python.
fn ask(questions: &[String]) -> Option<Vec<Value>> {
    let answers = start(&[], questions)?.answers();
    assert_eq!(answers.len(), questions.len());
    Some(answers)
}

/// What both are asked.
const OPS: &[&str] =
    &["within", "accepts", "tools_within", "check_call", "detail_within", "detail_action"];

/// What procura-core says to a question.
fn verdict(question: &str) -> &'static str {
    let question = json::parse_object(question.as_bytes()).unwrap();
    let member = |name| question.get(name).unwrap();
    let rule = |name| Constraint::parse(member(name), &mut Counter::default()).ok();
    let tools = |name| Tools::parse(member(name)).ok();
    let detail = |name| AgentDelegation::parse(member(name).as_object()?).ok();
    let verdict = match member("op").as_str().unwrap() {
        "within" => rule("child").zip(rule("parent")).map(|(c, p)| c.is_within(&p)),
        "accepts" => rule("constraint").map(|rule| rule.accepts(member("value"))),
        "tools_within" => {
            tools("child").zip(tools("parent")).map(|(c, p)| c.check_within(&p).is_ok())
        }
        "check_call" => tools("tools").map(|tools| {
            let tool = member("tool").as_str().unwrap();
            tools.check_call(tool, member("arguments").as_object().unwrap()).is_ok()
        }),
        "detail_within" => {
            detail("child").zip(detail("parent")).map(|(c, p)| c.check_within(&p).is_ok())
        }
        "detail_action" => detail("detail").map(|detail| {
            let scope = Scope::parse(member("scope").as_str().unwrap());
            let quantities = member("values").as_object().unwrap().clone();
            let action = Action { scope, quantities };
            detail.check_action("t", &action, &Digest::from_bytes([0; 32])).is_ok()
        }),
        other => unreachable!("`{other}` is not asked of procura-core"),
    };
    verdict.map_or("malformed", |yes| if yes { "yes" } else { "no" })
}

fn verdicts(questions: &[String]) -> Vec<&'static str> {
    questions.iter().map(|question| verdict(question)).collect()
}

/// Three of four are about tools, and the fourth about the second detail.
fn questions(seed: u64, count: usize) -> Vec<String> {
    let mut dice = Dice::new(seed);
    let one = |dice: &mut Dice| match dice.below(4) {
        0 => ceilings::question(dice),
        _ => pairs::question(dice),
    };
    (0..count).map(|_| one(&mut dice).to_string()).collect()
}

/// The questions that are answered differently, with the verdict of procura-core.
fn disagreements<'a>(
    questions: &'a [String],
    ours: &[&'static str],
    theirs: &[Value],
) -> Vec<(&'a str, &'static str)> {
    assert_eq!((questions.len(), questions.len()), (ours.len(), theirs.len()));
    let answered = questions.iter().zip(ours).zip(theirs);
    let wrong = answered.filter(|((_, ours), theirs)| theirs != *ours);
    wrong.map(|((question, ours), _)| (question.as_str(), *ours)).collect()
}

#[test]
fn the_model_and_the_lattice_give_the_same_verdicts() {
    const BATCH: usize = 100_000;
    let mut counts = BTreeMap::new();
    let mut left = cases();
    let mut seed = 20_261_122;
    while left > 0 {
        let questions = questions(seed, left.min(BATCH));
        let Some(asked) = start(&[], &questions) else { return };
        let ours = verdicts(&questions);
        let wrong = disagreements(&questions, &ours, &asked.answers());
        let some: Vec<_> = wrong.iter().take(8).collect();
        assert!(wrong.is_empty(), "{} disagreements, such as {some:#?}", wrong.len());
        for (question, answer) in questions.iter().zip(ours) {
            let question: Value = serde_json::from_str(question).unwrap();
            let op = question["op"].as_str().unwrap().to_owned();
            *counts.entry((op, answer)).or_default() += 1;
        }
        left = left.saturating_sub(BATCH);
        seed += 1;
    }
    check_spread(&counts);
}

/// A comparison in which one answer is rare shows little.
fn check_spread(counts: &BTreeMap<(String, &str), usize>) {
    println!("{counts:?}");
    for op in OPS {
        let count = |answer| counts.get(&((*op).to_owned(), answer)).copied().unwrap_or(0);
        let [yes, no, malformed] = ["yes", "no", "malformed"].map(count);
        let all: usize = [yes, no, malformed].iter().sum();
        assert!(all >= 500 && yes >= all / 4 && no >= all / 4, "{op}: {yes} yes, {no} no of {all}");
        assert!(malformed >= all / 100, "{op}: {malformed} malformed of {all}");
    }
}

/// Mistakes that can be planted in the model, and random questions find.
const MISTAKES: &[&str] = &[
    "text-prefix",
    "excluded-reversed",
    "inclusive-edge",
    "some-alternative",
    "exact-below-excluded",
    "port-forgotten",
    "name-dropped",
    "required-relaxed",
    "map-opened",
    "optional-ignored",
    "scope-text-prefix",
    "wildcard-over-opaque",
    "min-reversed",
    "order-ignored",
    "period-ignored",
    "quorum-shrunk",
    "unmeasured-passes",
    "absent-is-free",
];

#[test]
fn each_mistake_that_is_planted_in_the_model_is_found() {
    let questions = questions(7, 10_000);
    let ours = verdicts(&questions);
    let Some(sound) = ask(&questions) else { return };
    assert_eq!(disagreements(&questions, &ours, &sound), []);
    for mistake in MISTAKES {
        let Some(broken) = start(&["--broken", mistake], &questions) else { return };
        let found = disagreements(&questions, &ours, &broken.answers()).len();
        println!("{mistake}: {found} of {}", questions.len());
        assert!(found > 0, "{mistake} is not found");
    }
}

#[test]
fn the_examples_of_the_model_are_answered_as_it_says_by_both() {
    let text = include_str!("../../../../vectors/model/examples.jsonl");
    // The raw text of a question keeps numbers as they were written.
    let examples = text.lines().map(|line| {
        let (ask, answer) = line.rsplit_once(r#","answer":"#).unwrap();
        let answer: Value = serde_json::from_str(answer.strip_suffix('}').unwrap()).unwrap();
        (ask.strip_prefix(r#"{"ask":"#).unwrap().to_owned(), answer)
    });
    let (questions, expected): (Vec<_>, Vec<_>) = examples.unzip();
    let Some(theirs) = ask(&questions) else { return };
    for ((question, expected), theirs) in questions.iter().zip(expected).zip(theirs) {
        assert_eq!(theirs, expected, "{question}");
        let is_ours = OPS.iter().any(|op| question.contains(&format!(r#""op":"{op}""#)));
        assert!(!is_ours || expected == verdict(question), "{question}");
    }
}
