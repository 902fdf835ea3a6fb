//! The file with the secrets that never enter the database.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use super::Secret;
use crate::clock::{Clock, Moment};

const VERSION: u32 = 1;
/// Bytes read at most; a key file has a few hundred.
const LARGEST: u64 = 64 * 1024;
const HEADING: &str = "# Secret keys of one Khaibao installation. Whoever has this file can read\n\
    # every sealed record and forge passes; without it the records are lost.\n\
    # Keep copies apart from copies of the database.\n";

/// The master key, the index key and the keys that sign passes.
#[derive(Clone)]
pub struct KeyFile {
    pub(super) master: Secret,
    pub(super) index: Secret,
    newest: PassKey,
    older: Vec<PassKey>,
}

/// An Ed25519 seed that signs passes.
#[derive(Clone)]
pub struct PassKey {
    /// When it was made; the newest one signs.
    pub created_at: Moment,
    pub(crate) seed: Secret,
}

/// The key file cannot be made or used.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// There is one already, and losing it would lose every sealed record.
    #[error("{} exists already and is not overwritten", .0.display())]
    Exists(PathBuf),
    /// Its permissions let others read it.
    #[error("{path} can be used by others than its owner (mode {mode:03o}); run: chmod 600 {path}",
        path = .path.display())]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It cannot be read or written.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its content is not a key file. The content is not quoted.
    #[error("{} is not a key file: {why}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyFile({} pass keys, …)", 1 + self.older.len())
    }
}

impl fmt::Debug for PassKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PassKey({:?}, …)", self.created_at)
    }
}

impl KeyFile {
    /// Fresh keys that are not written anywhere.
    pub fn generate(clock: &Clock) -> Self {
        Self {
            master: Zeroizing::new(clock.random()),
            index: Zeroizing::new(clock.random()),
            newest: PassKey::generate(clock),
            older: Vec::new(),
        }
    }

    /// Makes a key file readable by its owner only. It appears whole or not at all, and one that
    /// exists is never overwritten.
    pub fn create(path: &Path, clock: &Clock) -> Result<Self, KeyFileError> {
        let keys = Self::generate(clock);
        let draft = keys.draft(path, clock)?;
        // A hard link, unlike a rename, fails when the name is taken.
        let linked = fs::hard_link(&draft, path);
        fs::remove_file(&draft).map_err(|e| failed(path, e))?;
        linked.map_err(|e| match e.kind() {
            io::ErrorKind::AlreadyExists => KeyFileError::Exists(path.into()),
            _ => failed(path, e),
        })?;
        sync_folder(path)?;
        Ok(keys)
    }

    /// Reads a key file, and refuses one that others than its owner can use.
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        let file = File::open(path).map_err(|e| failed(path, e))?;
        let about = file.metadata().map_err(|e| failed(path, e))?;
        let mode = about.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyFileError::OpenToOthers {
                path: path.into(),
                mode,
            });
        }
        let mut text = Zeroizing::new(String::new());
        file.take(LARGEST)
            .read_to_string(&mut text)
            .map_err(|e| failed(path, e))?;
        Self::from_text(&text).map_err(|why| KeyFileError::Malformed {
            path: path.into(),
            why,
        })
    }

    /// Puts a new signing key before the others and rewrites the file. Passes signed with the
    /// older keys stay valid.
    pub fn rotate_pass_key(path: &Path, clock: &Clock) -> Result<Self, KeyFileError> {
        let mut keys = Self::load(path)?;
        let replaced = std::mem::replace(&mut keys.newest, PassKey::generate(clock));
        keys.older.insert(0, replaced);
        let draft = keys.draft(path, clock)?;
        fs::rename(&draft, path).map_err(|e| failed(path, e))?;
        sync_folder(path)?;
        Ok(keys)
    }

    /// The key that signs new passes.
    pub fn newest_pass_key(&self) -> &PassKey {
        &self.newest
    }

    /// Every signing key whose passes are still good, newest first.
    pub fn pass_keys(&self) -> impl Iterator<Item = &PassKey> {
        std::iter::once(&self.newest).chain(&self.older)
    }

    /// Writes the keys durably beside `path` and returns the draft's name.
    fn draft(&self, path: &Path, clock: &Clock) -> Result<PathBuf, KeyFileError> {
        let draft = path.with_extension(format!("{}.new", clock.uuid().simple()));
        let write = || {
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&draft)?;
            file.write_all(self.to_text().map_err(io::Error::other)?.as_bytes())?;
            file.sync_all()
        };
        write().map_err(|e| {
            let _ = fs::remove_file(&draft);
            failed(path, e)
        })?;
        Ok(draft)
    }

    fn to_text(&self) -> Result<Zeroizing<String>, toml::ser::Error> {
        let written = Written {
            version: VERSION,
            master: STANDARD.encode(self.master.as_slice()),
            index: STANDARD.encode(self.index.as_slice()),
            pass_keys: self
                .pass_keys()
                .map(|k| WrittenPassKey {
                    created_at: k.created_at.0,
                    seed: STANDARD.encode(k.seed.as_slice()),
                })
                .collect(),
        };
        let body = Zeroizing::new(toml::to_string(&written)?);
        Ok(Zeroizing::new(format!("{HEADING}{}", *body)))
    }

    fn from_text(text: &str) -> Result<Self, &'static str> {
        // The parser's own message quotes the line, so it is dropped.
        let written: Written = toml::from_str(text).map_err(|_| "its fields are not as written")?;
        if written.version != VERSION {
            return Err("it has another version");
        }
        let mut passes = written
            .pass_keys
            .iter()
            .map(|k| {
                Ok(PassKey {
                    created_at: Moment(k.created_at),
                    seed: secret(&k.seed)?,
                })
            })
            .collect::<Result<Vec<_>, &str>>()?;
        passes.sort_by_key(|k| std::cmp::Reverse(k.created_at));
        let mut passes = passes.into_iter();
        let newest = passes.next().ok_or("it has no pass key")?;
        Ok(Self {
            master: secret(&written.master)?,
            index: secret(&written.index)?,
            newest,
            older: passes.collect(),
        })
    }
}

impl PassKey {
    fn generate(clock: &Clock) -> Self {
        Self {
            created_at: clock.now(),
            seed: Zeroizing::new(clock.random()),
        }
    }
}

/// The file's fields. Keys are base64 of 32 bytes; times are microseconds UTC.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    master: String,
    index: String,
    pass_keys: Vec<WrittenPassKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPassKey {
    created_at: i64,
    seed: String,
}

impl Drop for Written {
    fn drop(&mut self) {
        self.master.zeroize();
        self.index.zeroize();
    }
}

impl Drop for WrittenPassKey {
    fn drop(&mut self) {
        self.seed.zeroize();
    }
}

fn secret(text: &str) -> Result<Secret, &'static str> {
    let bytes = STANDARD
        .decode(text)
        .map(Zeroizing::new)
        .map_err(|_| "a key is not base64")?;
    <[u8; 32]>::try_from(bytes.as_slice())
        .map(Zeroizing::new)
        .map_err(|_| "a key is not 32 bytes long")
}

fn failed(path: &Path, source: io::Error) -> KeyFileError {
    KeyFileError::Io {
        path: path.into(),
        source,
    }
}

/// Makes a new or changed name in the file's folder survive a power cut.
fn sync_folder(path: &Path) -> Result<(), KeyFileError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)
        .and_then(|f| f.sync_all())
        .map_err(|e| failed(path, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let name = format!("khaibao-keys-{}", Clock::system().uuid());
            let folder = std::env::temp_dir().join(name);
            fs::create_dir(&folder).unwrap();
            Self(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_key_file_is_private_reads_back_and_is_never_overwritten() {
        let folder = Folder::new();
        let path = folder.0.join("keys.toml");
        let made = KeyFile::create(&path, &Clock::system()).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let read = KeyFile::load(&path).unwrap();
        assert_eq!((&*read.master, &*read.index), (&*made.master, &*made.index));
        let again = KeyFile::create(&path, &Clock::system());
        assert!(matches!(again, Err(KeyFileError::Exists(_))));
        assert_eq!(*KeyFile::load(&path).unwrap().master, *made.master);
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1);
    }

    #[test]
    fn a_key_file_open_to_others_is_refused_with_what_to_do() {
        let folder = Folder::new();
        let path = folder.0.join("keys.toml");
        KeyFile::create(&path, &Clock::system()).unwrap();
        for mode in [0o640, 0o604, 0o666, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let refused = KeyFile::load(&path).unwrap_err();
            assert!(refused.to_string().contains("chmod 600"), "{refused}");
        }
    }

    #[test]
    fn a_rotated_file_keeps_the_older_signing_keys_behind_the_new_one() {
        let folder = Folder::new();
        let path = folder.0.join("keys.toml");
        let clock = Clock::fixed(Moment(1), 5);
        let made = KeyFile::create(&path, &clock).unwrap();
        clock.set(Moment(2));
        KeyFile::rotate_pass_key(&path, &clock).unwrap();
        let read = KeyFile::load(&path).unwrap();
        assert_eq!(read.older.len(), 1);
        assert_eq!(*read.older[0].seed, *made.newest.seed);
        assert_eq!(*read.master, *made.master);
    }

    #[test]
    fn a_damaged_file_is_refused_without_quoting_it() {
        let text = KeyFile::generate(&Clock::fixed(Moment(1), 5))
            .to_text()
            .unwrap();
        for (from, to) in [
            ("version = 1", "version = 2"),
            ("master = \"", "master = \"!"),
            ("index", "idx"),
        ] {
            assert!(
                KeyFile::from_text(&text.replace(from, to)).is_err(),
                "{from}"
            );
        }
        assert!(KeyFile::from_text(&text).is_ok());
    }
}
