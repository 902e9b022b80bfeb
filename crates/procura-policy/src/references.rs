//! What each rule of a module refers to, calls and replaces, and how deep it is.
//!
//! The tree is walked with a list of what is still to do, not by recursion.
//!
//! **Invariant:** a reference or call that the engine could follow is reported
//! here. More may be reported (a local variable that is named like a rule),
//! never less.

use std::collections::BTreeSet;

use regorus::Value;
use regorus::unstable::{Expr, Literal, LiteralStmt, Module, Query, Rule, RuleBody, RuleHead};

/// A path from a root: the static beginning of a reference, or a whole call.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Path(pub(crate) Vec<String>);

impl Path {
    /// The path as it is written with dots.
    pub(crate) fn dotted(&self) -> String {
        self.0.join(".")
    }
}

/// What one rule uses.
#[derive(Debug, Default)]
pub(crate) struct RuleUse {
    /// The rule, by the first part of its name.
    pub(crate) name: String,
    /// How many steps deep its evaluation goes, without the rules it uses.
    pub(crate) weight: usize,
    /// What it reads.
    pub(crate) references: BTreeSet<Path>,
    /// What it calls.
    pub(crate) calls: BTreeSet<Path>,
    /// What it replaces by `with`.
    pub(crate) replaced: BTreeSet<Path>,
}

/// The static path of a package or an import; empty if it has none.
pub(crate) fn static_path(expr: &Expr) -> Path {
    let mut chain = Chain::of(expr);
    chain.fields.insert(0, chain.root.unwrap_or_default());
    Path(chain.fields)
}

/// What the rules of `module` use.
pub(crate) fn uses(module: &Module) -> Vec<RuleUse> {
    module.policy.iter().map(|rule| rule_use(rule)).collect()
}

fn rule_use(rule: &Rule) -> RuleUse {
    let mut walk = Walk::default();
    let (name, args) = match rule {
        Rule::Spec { head, bodies, .. } => {
            for body in bodies {
                walk.body(body);
            }
            walk.head(head)
        }
        Rule::Default { refr, value, .. } => {
            walk.later(value, 1);
            (walk.name(refr), BTreeSet::new())
        }
    };
    walk.finish();
    let mut found = walk.found;
    // The engine looks for arguments before it looks for rules.
    found.references.retain(|path| path.0.first().is_none_or(|root| !args.contains(root)));
    found.weight = walk.deepest.saturating_add(walk.loops.saturating_mul(LOOP));
    found.name = name;
    found
}

/// A walk over one rule.
#[derive(Default)]
struct Walk<'a> {
    to_do: Vec<(Node<'a>, usize)>,
    deepest: usize,
    loops: usize,
    found: RuleUse,
}

enum Node<'a> {
    Expr(&'a Expr),
    Query(&'a Query),
}

impl<'a> Walk<'a> {
    fn later(&mut self, expr: &'a Expr, depth: usize) {
        self.to_do.push((Node::Expr(expr), depth));
    }

    fn later_query(&mut self, query: &'a Query, depth: usize) {
        self.to_do.push((Node::Query(query), depth));
    }

    fn finish(&mut self) {
        while let Some((node, depth)) = self.to_do.pop() {
            self.deepest = self.deepest.max(depth);
            match node {
                Node::Expr(expr) => self.expr(expr, depth.saturating_add(1)),
                Node::Query(query) => self.query(query, depth.saturating_add(QUERY)),
            }
        }
    }

    fn body(&mut self, body: &'a RuleBody) {
        if let Some(assign) = &body.assign {
            self.later(&assign.value, 1);
        }
        self.later_query(&body.query, 1);
    }

    /// Walks a head, and returns the rule's name and the names of its arguments.
    fn head(&mut self, head: &'a RuleHead) -> (String, BTreeSet<String>) {
        match head {
            RuleHead::Compr { refr, assign, .. } => {
                if let Some(assign) = assign {
                    self.later(&assign.value, 1);
                }
                (self.name(refr), BTreeSet::new())
            }
            RuleHead::Set { refr, key, .. } => {
                if let Some(key) = key {
                    self.later(key, 1);
                }
                (self.name(refr), BTreeSet::new())
            }
            RuleHead::Func { refr, args, assign, .. } => {
                if let Some(assign) = assign {
                    self.later(&assign.value, 1);
                }
                for arg in args {
                    self.later(arg, 1);
                }
                let names = args.iter().filter_map(|arg| variable(arg)).collect();
                (self.name(refr), names)
            }
        }
    }

    /// The first part of a rule's name. What stands in its brackets is walked.
    fn name(&mut self, refr: &'a Expr) -> String {
        let chain = Chain::of(refr);
        for index in chain.dynamic {
            self.loops = self.loops.saturating_add(1);
            self.later(index, 1);
        }
        chain.root.unwrap_or_default()
    }

    fn query(&mut self, query: &'a Query, depth: usize) {
        for statement in &query.stmts {
            self.statement(statement, depth);
        }
    }

    fn statement(&mut self, statement: &'a LiteralStmt, depth: usize) {
        match &statement.literal {
            Literal::SomeVars { .. } => {}
            Literal::SomeIn { key, value, collection, .. } => {
                self.loops = self.loops.saturating_add(1);
                for expr in key.iter().chain([value, collection]) {
                    self.later(expr, depth);
                }
            }
            Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => self.later(expr, depth),
            Literal::Every { domain, query, .. } => {
                self.loops = self.loops.saturating_add(1);
                self.later(domain, depth);
                self.later_query(query, depth);
            }
        }
        for replacement in &statement.with_mods {
            self.found.replaced.insert(static_path(&replacement.refr));
            self.later(&replacement.r#as, depth);
        }
    }

    fn expr(&mut self, expr: &'a Expr, depth: usize) {
        match expr {
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. } => {}
            Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => {
                self.chain(expr, depth);
            }
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                for item in items {
                    self.later(item, depth);
                }
            }
            Expr::Object { fields, .. } => {
                for (_, key, value) in fields {
                    self.later(key, depth);
                    self.later(value, depth);
                }
            }
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                self.later(term, depth);
                self.later_query(query, depth);
            }
            Expr::ObjectCompr { key, value, query, .. } => {
                self.later(key, depth);
                self.later(value, depth);
                self.later_query(query, depth);
            }
            Expr::Call { fcn, params, .. } => {
                self.found.calls.insert(called(fcn, params.first().map(AsRef::as_ref)));
                for param in params {
                    self.later(param, depth);
                }
            }
            Expr::UnaryExpr { expr, .. } => self.later(expr, depth),
            Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. }
            | Expr::AssignExpr { lhs, rhs, .. } => {
                self.later(lhs, depth);
                self.later(rhs, depth);
            }
            Expr::Membership { key, value, collection, .. } => {
                for part in key.iter().chain([value, collection]) {
                    self.later(part, depth);
                }
            }
        }
    }

    fn chain(&mut self, expr: &'a Expr, depth: usize) {
        let chain = Chain::of(expr);
        let depth = depth.saturating_add(chain.dynamic.len());
        self.deepest = self.deepest.max(depth);
        for index in chain.dynamic {
            self.loops = self.loops.saturating_add(1);
            self.later(index, depth);
        }
        match chain.root {
            Some(root) => {
                let mut path = vec![root];
                path.extend(chain.fields);
                self.found.references.insert(Path(path));
            }
            None => self.later(chain.base, depth),
        }
    }
}

/// A reference taken apart: `base.a["b"][i].c`.
struct Chain<'a> {
    /// What it starts from.
    base: &'a Expr,
    /// The name of `base`, if it is a variable.
    root: Option<String>,
    /// The names after it, up to the first that has to be computed.
    fields: Vec<String>,
    /// What has to be computed.
    dynamic: Vec<&'a Expr>,
}

impl<'a> Chain<'a> {
    fn of(expr: &'a Expr) -> Self {
        let mut base = expr;
        let mut fields = Vec::new();
        let mut dynamic = Vec::new();
        loop {
            match part(base) {
                Part::Field(inner, name) => {
                    base = inner;
                    fields.push(name);
                }
                Part::Index(inner, index) => {
                    base = inner;
                    // What follows a computed part is not known either.
                    fields.clear();
                    dynamic.push(index);
                }
                Part::Base => break,
            }
        }
        fields.reverse();
        Self { base, root: variable(base), fields, dynamic }
    }
}

enum Part<'a> {
    Field(&'a Expr, String),
    Index(&'a Expr, &'a Expr),
    Base,
}

fn part(expr: &Expr) -> Part<'_> {
    if let Expr::RefDot { refr, field, .. } = expr {
        return Part::Field(refr, field.0.text().to_owned());
    }
    let Expr::RefBrack { refr, index, .. } = expr else {
        return Part::Base;
    };
    // The engine treats a raw string as computed, and so does this.
    if let Expr::String { value: Value::String(name), .. } = index.as_ref() {
        return Part::Field(refr, name.to_string());
    }
    Part::Index(refr, index)
}

fn variable(expr: &Expr) -> Option<String> {
    let Expr::Var { span, .. } = expr else {
        return None;
    };
    Some(span.text().to_owned())
}

/// The path of a called function; one that has to be computed has no path.
fn called(function: &Expr, first: Option<&Expr>) -> Path {
    let chain = Chain::of(function);
    if !chain.dynamic.is_empty() {
        return Path::default();
    }
    let mut path = vec![chain.root.unwrap_or_default()];
    path.extend(chain.fields);
    let path = Path(path);
    if path.dotted() == "sprintf" && !first.is_some_and(is_plain_format) {
        return Path(vec!["sprintf with a computed format or a wide field".to_owned()]);
    }
    path
}

/// Whether a format is a literal whose widths are short: `%999999999d` alone
/// makes a gigabyte.
fn is_plain_format(format: &Expr) -> bool {
    let (Expr::String { value: Value::String(text), .. }
    | Expr::RawString { value: Value::String(text), .. }) = format
    else {
        return false;
    };
    text.split('%').skip(1).all(|rest| {
        let width: String = rest.chars().take_while(|c| *c == '.' || c.is_numeric()).collect();
        width.len() <= MAX_WIDTH && width.is_ascii()
    })
}

/// Steps that a query is deep, beyond its statements.
const QUERY: usize = 4;
/// Steps that a loop is deep: the statements after it run inside it.
const LOOP: usize = 2;
const MAX_WIDTH: usize = 3;
