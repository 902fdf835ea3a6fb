//! The peers' throw-away folder.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

const PREFIX: &str = "khaibao-peers-";

/// A folder in the machine's temporary folder, named after this process and removed with it.
///
/// Not under HOME: the unprivileged user that `PostgreSQL` runs as must be able to reach it.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Sweeps what killed runs left, then creates a new folder.
    pub(super) fn create() -> Result<Self> {
        sweep();
        let path = std::env::temp_dir().join(format!("{PREFIX}{}", std::process::id()));
        DirBuilder::new()
            .mode(0o711)
            .create(&path)
            .with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed now, the next run sweeps.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn sweep() {
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        if let Some(owner) = owner.and_then(|owner| owner.parse::<u32>().ok())
            && !Path::new("/proc").join(owner.to_string()).exists()
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
