//! The counts that are kept, a line each, behind the compiler that they are of.

use std::fmt::Write;
use std::fs;
use std::process::Command;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions/counts.txt");

/// In per cent: what is worth telling.
const MOVED: f64 = 3.0;

pub(crate) fn write(counts: &[(&str, u64)]) {
    let mut text = format!("{}\n", compiler());
    for (name, count) in counts {
        writeln!(text, "{count:>8}  {name}").unwrap();
    }
    fs::write(FILE, text).unwrap();
}

pub(crate) fn compare(counts: &[(&str, u64)]) {
    let kept = fs::read_to_string(FILE).unwrap_or_default();
    let (kept_of, kept) = kept.split_once('\n').unwrap_or_default();
    let compiler = compiler();
    if kept_of != compiler {
        println!("counted with {compiler}, kept with {kept_of}: some may have moved by that");
    }
    for (name, count) in counts {
        let former = kept.lines().find_map(|line| line.trim().strip_suffix(name)?.trim().parse::<u64>().ok());
        let change = former.map(|former| (*count as f64 / former as f64 - 1.0) * 100.0);
        let verdict = match change {
            None => "new".to_owned(),
            Some(change) if change.abs() > MOVED => format!("MOVED by {change:+.1} %"),
            Some(change) => format!("{change:+.1} %"),
        };
        println!("{count:>8}  {name}: {verdict}");
    }
}

fn compiler() -> String {
    let told = Command::new("rustc").arg("--version").output().unwrap();
    String::from_utf8_lossy(&told.stdout).trim().to_owned()
}
