//! Paths: a normal form that is its own, and a root that holds nothing beside it.
//!
//! Seeds: arguments/strings
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::constraint::path::Path;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (root, text) = text.split_once('\n').unwrap_or(("/src", text));
    let Some(path) = Path::parse(text) else { return };
    let normal = path.to_text();
    assert_eq!(Path::parse(&normal).as_ref(), Some(&path));
    assert!(path.contains(&path));
    assert!(normal.starts_with('/') && !normal.contains("//"));
    assert!(normal.split('/').all(|segment| segment != "." && segment != ".."));
    assert!(!normal.contains(['\0', '\\']));
    // What the file system makes of it, where there are no links.
    let mut segments: Vec<&str> = Vec::new();
    for part in std::path::Path::new(text).components() {
        match part {
            std::path::Component::Normal(name) => segments.push(name.to_str().expect("text")),
            std::path::Component::ParentDir => {
                segments.pop().expect("no path climbs above the root");
            }
            _ => {}
        }
    }
    assert_eq!(normal, format!("/{}", segments.join("/")));
    let Some(root) = Path::parse(root) else { return };
    let below = std::path::Path::new(&normal).starts_with(root.to_text());
    assert_eq!(root.contains(&path), below);
});
