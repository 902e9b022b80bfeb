//! The numbers of the style, in one place. They may only tighten.

/// What `tidy` allows. Ratios are in hundredths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// At least this many documentation lines per hundred code lines.
    pub(crate) documentation: usize,
    /// At least this many test lines per hundred code lines.
    pub(crate) tests: usize,
    /// Half of the functions are at most this long.
    pub(crate) function_median: usize,
    /// Nine of ten functions are at most this long.
    pub(crate) function_p90: usize,
    /// Every function is at most this long.
    pub(crate) function_longest: usize,
    /// Half of the files are at most this long.
    pub(crate) file_median: usize,
    /// Every file is at most this long.
    pub(crate) file_longest: usize,
    /// Branches and loops inside each other.
    pub(crate) nesting: usize,
    /// Parameters of one function, the receiver left out.
    pub(crate) parameters: usize,
}

/// The limits in force.
pub(crate) const LIMITS: Limits = Limits {
    documentation: 25,
    tests: 100,
    function_median: 6,
    function_p90: 25,
    function_longest: 60,
    file_median: 150,
    file_longest: 500,
    nesting: 3,
    parameters: 4,
};

#[cfg(test)]
mod tests {
    use super::{LIMITS, Limits};

    /// The numbers that the style was written with. They stay as they are.
    const STYLE: Limits = Limits {
        documentation: 25,
        tests: 100,
        function_median: 6,
        function_p90: 25,
        function_longest: 60,
        file_median: 150,
        file_longest: 500,
        nesting: 3,
        parameters: 4,
    };

    fn is_as_strict_as_the_style(limits: &Limits) -> bool {
        let floors = |limits: &Limits| [limits.documentation, limits.tests];
        let ceilings = |limits: &Limits| {
            let functions = [limits.function_median, limits.function_p90, limits.function_longest];
            let files = [limits.file_median, limits.file_longest];
            [functions.as_slice(), &files, &[limits.nesting, limits.parameters]].concat()
        };
        let is_raised = floors(limits).iter().zip(floors(&STYLE)).all(|(new, old)| *new >= old);
        let is_lowered =
            ceilings(limits).iter().zip(ceilings(&STYLE)).all(|(new, old)| *new <= old);
        is_raised && is_lowered
    }

    #[test]
    fn limits_only_tighten() {
        assert!(is_as_strict_as_the_style(&LIMITS));
    }

    #[test]
    fn a_looser_limit_is_noticed() {
        assert!(!is_as_strict_as_the_style(&Limits { documentation: 24, ..STYLE }));
        assert!(!is_as_strict_as_the_style(&Limits { parameters: 5, ..STYLE }));
        assert!(is_as_strict_as_the_style(&Limits { nesting: 2, ..STYLE }));
    }
}
