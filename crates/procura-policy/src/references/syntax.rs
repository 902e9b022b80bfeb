//! What stands directly inside of each kind of syntax.
//!
//! **Invariant:** nothing that is evaluated is left out. Every kind is listed,
//! so one that is new in the engine does not compile.

use regorus::unstable::{Expr, ExprRef, Literal, Query, RuleHead};

use super::chain::Chain;

/// A part of a rule that is walked on its own.
pub(super) enum Node<'a> {
    /// Something that has a value.
    Expr(&'a Expr),
    /// Statements, as in a body or a comprehension.
    Query(&'a Query),
}

/// The name in a head, and what else stands there.
pub(super) fn head(head: &RuleHead) -> (&Expr, Vec<Node<'_>>) {
    match head {
        RuleHead::Compr { refr, assign, .. } => {
            (refr, nodes(assign.iter().map(|assign| &assign.value)))
        }
        RuleHead::Set { refr, key, .. } => (refr, nodes(key)),
        RuleHead::Func { refr, args, assign, .. } => {
            (refr, nodes(assign.iter().map(|assign| &assign.value).chain(args)))
        }
    }
}

/// What stands in a statement, without its `with`.
pub(super) fn literal(literal: &Literal) -> Vec<Node<'_>> {
    match literal {
        Literal::SomeVars { .. } => Vec::new(),
        Literal::SomeIn { key, value, collection, .. } => {
            nodes(key.iter().chain([value, collection]))
        }
        Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => nodes([expr]),
        Literal::Every { domain, query, .. } => vec![Node::Expr(domain), Node::Query(query)],
    }
}

/// What stands in an expression. A reference comes here only if it starts from
/// a value, which is then all that is left of it to walk.
pub(super) fn parts(expr: &Expr) -> Vec<Node<'_>> {
    match expr {
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::Var { .. } => Vec::new(),
        Expr::RefDot { .. } | Expr::RefBrack { .. } => vec![Node::Expr(Chain::of(expr).base)],
        Expr::Array { items, .. } | Expr::Set { items, .. } => nodes(items),
        Expr::Object { fields, .. } => {
            nodes(fields.iter().flat_map(|(_, key, value)| [key, value]))
        }
        Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
            vec![Node::Expr(term), Node::Query(query)]
        }
        Expr::ObjectCompr { key, value, query, .. } => {
            vec![Node::Expr(key), Node::Expr(value), Node::Query(query)]
        }
        Expr::Call { params, .. } => nodes(params),
        Expr::UnaryExpr { expr, .. } => nodes([expr]),
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => nodes([lhs, rhs]),
        Expr::Membership { key, value, collection, .. } => {
            nodes(key.iter().chain([value, collection]))
        }
    }
}

fn nodes<'a>(parts: impl IntoIterator<Item = &'a ExprRef>) -> Vec<Node<'a>> {
    parts.into_iter().map(|part| Node::Expr(part)).collect()
}
