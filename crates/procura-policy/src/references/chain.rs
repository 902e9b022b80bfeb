//! A reference taken apart: `base.a["b"][i].c`.
//!
//! **Invariant:** the path holds only names that are the same in every
//! evaluation, up to the first part that is not.

use regorus::Value;
use regorus::unstable::Expr;

use super::Path;

/// A reference, or an expression that is none, which is its own base.
pub(super) struct Chain<'a> {
    /// What it starts from.
    pub(super) base: &'a Expr,
    /// The name of the base, empty if it is not a variable, and the names
    /// after it, up to the first part that has to be computed.
    pub(super) path: Path,
    /// The parts that have to be computed, the last one first.
    pub(super) computed: Vec<&'a Expr>,
}

impl<'a> Chain<'a> {
    pub(super) fn of(expr: &'a Expr) -> Self {
        let mut base = expr;
        let mut names = Vec::new();
        let mut computed = Vec::new();
        while let Some((before, part)) = last_part(base) {
            base = before;
            match part {
                Part::Name(name) => names.push(name),
                Part::Computed(index) => {
                    // What follows a computed part is not known either.
                    names.clear();
                    computed.push(index);
                }
            }
        }
        names.push(variable(base).unwrap_or_default());
        names.reverse();
        Self { base, path: Path(names), computed }
    }

    /// Whether it starts from a name, not from a value such as `f(x)`.
    pub(super) fn is_named(&self) -> bool {
        matches!(self.base, Expr::Var { .. })
    }
}

/// The name, if `expr` is one.
pub(super) fn variable(expr: &Expr) -> Option<String> {
    let Expr::Var { span, .. } = expr else {
        return None;
    };
    Some(span.text().to_owned())
}

/// One step of a reference.
enum Part<'a> {
    Name(String),
    Computed(&'a Expr),
}

/// The last step of a reference and what stands before it.
fn last_part(expr: &Expr) -> Option<(&Expr, Part<'_>)> {
    if let Expr::RefDot { refr, field, .. } = expr {
        return Some((refr, Part::Name(field.0.text().to_owned())));
    }
    let Expr::RefBrack { refr, index, .. } = expr else {
        return None;
    };
    // The engine treats a raw string as computed, and so does this.
    if let Expr::String { value: Value::String(name), .. } = index.as_ref() {
        return Some((refr, Part::Name(name.to_string())));
    }
    Some((refr, Part::Computed(index)))
}
