//! Bundles the browser code: `npm ci` and `npm run build` in server/web, when it changed.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::shell;

const MADE_HERE: [&str; 2] = ["node_modules", "dist"];

/// Installs the locked packages and bundles, each only if its inputs changed since last time.
pub(crate) fn build(root: &Path) -> Result<()> {
    let web = root.join("server/web");
    let packages = fingerprint(&[web.join("package.json"), web.join("package-lock.json")])?;
    let packages_stamp = web.join("node_modules/.khaibao-stamp");
    if !is_current(&packages_stamp, &packages) {
        shell::say("Installing the browser code's packages (npm ci)");
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        shell::run(npm.current_dir(&web))?;
        fs::create_dir_all(web.join("node_modules"))?;
        fs::write(&packages_stamp, &packages)?;
    }
    let mut sources = Vec::new();
    collect(&web, &mut sources)?;
    let sources = fingerprint(&sources)?;
    // Beside `dist`, not in it: everything in `dist` is embedded into the server.
    let bundle_stamp = web.join("node_modules/.khaibao-bundle-stamp");
    if !web.join("dist").is_dir() || !is_current(&bundle_stamp, &sources) {
        shell::say("Bundling the browser code (npm run build)");
        shell::run(
            Command::new("npm")
                .args(["run", "--silent", "build"])
                .current_dir(&web),
        )?;
        fs::write(&bundle_stamp, &sources)?;
    }
    Ok(())
}

/// axe-core's script, for the accessibility tests.
pub(crate) fn axe(root: &Path) -> PathBuf {
    root.join("server/web/node_modules/axe-core/axe.min.js")
}

fn is_current(stamp: &Path, value: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|stamped| stamped == value)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let made_here = MADE_HERE.iter().any(|name| entry.file_name() == *name);
        if entry.file_type()?.is_dir() {
            if !made_here {
                collect(&entry.path(), files)?;
            }
        } else {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(())
}

/// A number that changes with any name or content; it guards no secret, only saves work.
fn fingerprint(files: &[PathBuf]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        hasher.write(file.as_os_str().as_encoded_bytes());
        let content = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        hasher.write_usize(content.len());
        hasher.write(&content);
    }
    Ok(format!("{:016x}", hasher.finish()))
}
