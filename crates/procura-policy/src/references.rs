//! What each rule of a module refers to, calls and replaces, and how deep it is.
//!
//! The tree is walked with a list of what is still to do, not by recursion.
//!
//! **Invariant:** a reference or call that the engine could follow is reported
//! here. More may be reported (a local variable that is named like a rule),
//! never less.

mod call;
mod chain;
mod syntax;

use std::collections::BTreeSet;

use regorus::unstable::{Expr, Literal, LiteralStmt, Module, Query, Rule, RuleBody, RuleHead};

use self::chain::Chain;
use self::syntax::Node;

/// A path from a root: the static beginning of a reference, or a whole call.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Path(pub(crate) Vec<String>);

impl Path {
    /// The path as it is written with dots.
    pub(crate) fn dotted(&self) -> String {
        self.0.join(".")
    }

    /// The name that the path starts from; empty if it has to be computed.
    pub(crate) fn root(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }
}

/// One definition of a rule, of which a rule can have many.
#[derive(Debug, Default)]
pub(crate) struct Definition {
    /// The file that it stands in.
    pub(crate) file: String,
    /// The package of that file, without `data`.
    pub(crate) package: Path,
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

/// The static path of a package or an import. The first part is empty if it
/// has none.
pub(crate) fn static_path(expr: &Expr) -> Path {
    Chain::of(expr).path
}

/// The definitions in `module`.
pub(crate) fn definitions(module: &Module) -> Vec<Definition> {
    let file = module.package.span.source.get_path();
    let package = static_path(&module.package.refr);
    let place = |rule| Definition { file: file.clone(), package: package.clone(), ..walk(rule) };
    module.policy.iter().map(|rule| place(rule)).collect()
}

/// What one definition says, without where it stands.
fn walk(rule: &Rule) -> Definition {
    let mut walk = Walk::default();
    match rule {
        Rule::Spec { head, bodies, .. } => {
            walk.head(head);
            bodies.iter().for_each(|body| walk.body(body));
        }
        Rule::Default { refr, value, .. } => {
            walk.name(refr);
            walk.later(Node::Expr(value), 1);
        }
    }
    walk.finish()
}

/// A walk over one rule.
#[derive(Default)]
struct Walk<'a> {
    /// What is not walked yet, and how deep it is.
    to_do: Vec<(Node<'a>, usize)>,
    /// The names of a function's arguments. The engine looks for them before
    /// it looks for rules, so they refer to nothing.
    arguments: BTreeSet<String>,
    deepest: usize,
    loops: usize,
    found: Definition,
}

impl<'a> Walk<'a> {
    fn later(&mut self, node: Node<'a>, depth: usize) {
        self.to_do.push((node, depth));
    }

    fn finish(mut self) -> Definition {
        while let Some((node, depth)) = self.to_do.pop() {
            self.reach(depth);
            match node {
                Node::Expr(expr) => self.expr(expr, depth.saturating_add(1)),
                Node::Query(query) => self.query(query, depth.saturating_add(QUERY)),
            }
        }
        let weight = self.deepest.saturating_add(self.loops.saturating_mul(LOOP));
        Definition { weight, ..self.found }
    }

    fn reach(&mut self, depth: usize) {
        self.deepest = self.deepest.max(depth);
    }

    fn head(&mut self, head: &'a RuleHead) {
        if let RuleHead::Func { args, .. } = head {
            self.arguments = args.iter().filter_map(|arg| chain::variable(arg)).collect();
        }
        let (name, parts) = syntax::head(head);
        self.name(name);
        parts.into_iter().for_each(|part| self.later(part, 1));
    }

    /// Takes the first part of a rule's name. What stands in its brackets is
    /// walked: it is evaluated once for every value that it can have.
    fn name(&mut self, refr: &'a Expr) {
        let chain = Chain::of(refr);
        self.found.name = chain.path.root().to_owned();
        self.computed(&chain, 1);
    }

    fn body(&mut self, body: &'a RuleBody) {
        if let Some(assign) = &body.assign {
            self.later(Node::Expr(&assign.value), 1);
        }
        self.later(Node::Query(&body.query), 1);
    }

    fn query(&mut self, query: &'a Query, depth: usize) {
        query.stmts.iter().for_each(|statement| self.statement(statement, depth));
    }

    fn statement(&mut self, statement: &'a LiteralStmt, depth: usize) {
        if matches!(statement.literal, Literal::SomeIn { .. } | Literal::Every { .. }) {
            self.loops = self.loops.saturating_add(1);
        }
        syntax::literal(&statement.literal).into_iter().for_each(|part| self.later(part, depth));
        for replacement in &statement.with_mods {
            self.found.replaced.insert(static_path(&replacement.refr));
            self.later(Node::Expr(&replacement.r#as), depth);
        }
    }

    fn expr(&mut self, expr: &'a Expr, depth: usize) {
        let chain = Chain::of(expr);
        let depth = depth.saturating_add(chain.computed.len());
        self.computed(&chain, depth);
        if let Expr::Call { fcn, params, .. } = expr {
            let first = params.first().map(AsRef::as_ref);
            self.found.calls.insert(call::called(fcn, first));
        }
        if chain.is_named() {
            self.reach(depth);
            self.refer(chain.path);
        } else {
            syntax::parts(expr).into_iter().for_each(|part| self.later(part, depth));
        }
    }

    /// Walks what stands in the brackets of a reference. A variable there is a
    /// loop, and it cannot be told from a value.
    fn computed(&mut self, chain: &Chain<'a>, depth: usize) {
        self.loops = self.loops.saturating_add(chain.computed.len());
        chain.computed.iter().for_each(|index| self.later(Node::Expr(index), depth));
    }

    fn refer(&mut self, path: Path) {
        if !self.arguments.contains(path.root()) {
            self.found.references.insert(path);
        }
    }
}

/// Steps that a query is deep, beyond its statements.
const QUERY: usize = 4;
/// Steps that a loop is deep: the statements after it run inside it.
const LOOP: usize = 2;
