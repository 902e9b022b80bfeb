//! Columns of text, as wide as their widest cell.

/// Lines of `rows`, each `indent` spaces in.
pub(crate) fn lines<const N: usize>(rows: &[[String; N]], indent: usize) -> String {
    let widths: [usize; N] = std::array::from_fn(|column| {
        let width = |row: &[String; N]| row.get(column).map_or(0, |cell| cell.chars().count());
        rows.iter().map(width).max().unwrap_or(0)
    });
    let line = |row: &[String; N]| {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        let line = format!("{:indent$}{}", "", cells.join("  "));
        format!("{}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
}

/// The same under a line of titles.
pub(crate) fn titled<const N: usize>(
    titles: [&str; N],
    rows: &[[String; N]],
    indent: usize,
) -> String {
    let mut all = vec![titles.map(String::from)];
    all.extend_from_slice(rows);
    lines(&all, indent)
}
