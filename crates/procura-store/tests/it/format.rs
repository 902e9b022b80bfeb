//! `docs/formats/database.md` describes every table and column there is.

use rusqlite::Connection;

use crate::world::World;

const PAGE: &str = include_str!("../../../../docs/formats/database.md");

#[test]
fn every_table_and_column_is_on_the_format_page_and_no_other() {
    let world = World::new();
    let db = Connection::open(world.database()).unwrap();
    let mut statement = db
        .prepare(
            "SELECT t.name, c.name FROM pragma_table_list t, pragma_table_info(t.name) c
                WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid",
        )
        .unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    let mut found: Vec<(String, String)> = rows.unwrap().map(Result::unwrap).collect();
    let mut described = described();
    found.sort();
    described.sort();
    assert!(found.len() > 30);
    assert_eq!(found, described);
}

/// The first cells of the tables under headings that name a table.
fn described() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for section in PAGE.split("\n## ").skip(1) {
        let (table, text) = section.split_once('\n').unwrap();
        if text.contains("| column | content |") {
            let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
            let columns = rows.map(|row| row.split('`').next().unwrap());
            all.extend(columns.map(|column| (table.to_owned(), column.to_owned())));
        }
    }
    all
}
