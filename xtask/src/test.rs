//! `cargo xtask test`: the whole suite on real peers, closed by one line with the count.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::peers::Peers;
use crate::{plugins, setup, shell, web};

/// Prepares everything, runs the workspace's tests and fails if any test failed.
/// `filters` are handed to the test runner.
pub(crate) fn run(root: &Path, filters: &[String]) -> Result<()> {
    setup::ensure(setup::Need::Test)?;
    web::build(root)?;
    shell::say("Building the plugins");
    plugins::build(root)?;
    // Programs and tests in one call, so that both use one set of crate features; the suite needs
    // the server as a program for the tests that kill it.
    shell::say("Building the server and the tests");
    shell::run(shell::cargo(root).args(["build", "--workspace", "--bins", "--tests"]))?;
    shell::say("Starting PostgreSQL, the browser driver, the mail server and the SMSCs");
    let peers = Peers::start(root)?;
    let mut cargo = shell::cargo(root);
    cargo
        .args(["test", "--workspace", "--no-fail-fast", "--"])
        .args(filters.iter().filter(|word| *word != "--"));
    cargo.envs(peers.variables().iter().cloned());
    cargo.env(
        "KHAIBAO_TEST_BINARY",
        shell::target(root).join("debug/khaibao"),
    );
    cargo.env("KHAIBAO_TEST_PLUGINS", plugins::folder(root));
    cargo.env("KHAIBAO_TEST_AXE", web::axe(root));
    let (count, succeeded) = stream(&mut cargo)?;
    drop(peers);
    let mut failed = count.failed;
    if failed == 0 && !succeeded {
        shell::say("A test program ended without its result line");
        failed = 1;
    }
    shell::say(&format!("{} passed, {failed} failed", count.passed));
    if failed > 0 {
        // The count stays the last line; an error would print another.
        std::process::exit(1);
    }
    Ok(())
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
}

/// Shows the runner's output while it comes and sums its result lines.
fn stream(cargo: &mut Command) -> Result<(Count, bool)> {
    let mut child = cargo.stdout(Stdio::piped()).spawn()?;
    let mut count = Count::default();
    if let Some(output) = child.stdout.take() {
        let mut screen = std::io::stdout().lock();
        for line in BufReader::new(output).split(b'\n') {
            let line = line?;
            screen.write_all(&line)?;
            screen.write_all(b"\n")?;
            if let Some(result) = result_of(&String::from_utf8_lossy(&line)) {
                count.passed += result.passed;
                count.failed += result.failed;
            }
        }
    }
    Ok((count, child.wait()?.success()))
}

/// Reads "test result: ok. 12 passed; 0 failed; 1 ignored; …".
fn result_of(line: &str) -> Option<Count> {
    let result = line.strip_prefix("test result: ")?;
    let number_before = |word: &str| -> Option<u64> {
        let part = result
            .split(';')
            .find(|part| part.trim_end().ends_with(word))?;
        part.split_whitespace().rev().nth(1)?.parse().ok()
    };
    Some(Count {
        passed: number_before("passed")?,
        failed: number_before("failed")?,
    })
}

#[cfg(test)]
mod tests {
    use super::{Count, result_of};

    #[test]
    fn a_result_line_is_counted_and_other_lines_are_not() {
        let good = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out";
        assert_eq!(
            result_of(good),
            Some(Count {
                passed: 12,
                failed: 0
            })
        );
        let bad = "test result: FAILED. 7 passed; 2 failed; 0 ignored; finished in 0.31s";
        assert_eq!(
            result_of(bad),
            Some(Count {
                passed: 7,
                failed: 2
            })
        );
        assert_eq!(result_of("test a_pass_is_sealed ... ok"), None);
    }
}
