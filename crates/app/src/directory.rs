//! The data directory: what is in it, and who has it.

use anyhow::{Context, Result, bail};
use fs4::{FileExt, TryLockError};
use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// The data directory.
#[derive(Clone, Debug)]
pub struct Directory(PathBuf);

/// The right to open the data, held until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the lock goes with the file")] File);

impl Directory {
    /// Takes a directory that may not be there.
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes the directory where it is missing, for its owner only.
    pub fn create(&self) -> Result<()> {
        create_directory(&self.0)
    }

    /// Takes the lock; `None` if another process has it.
    pub fn try_lock(&self) -> Result<Option<Lock>> {
        let path = self.0.join("lock");
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut file = file.with_context(|| format!("cannot open the lock file {}", path.display()))?;
        match FileExt::try_lock(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
        // Only for people who wonder who holds the lock.
        file.set_len(0)?;
        write!(file, "{}", std::process::id())?;
        Ok(Some(Lock(file)))
    }

    /// Takes the lock, or says who has it.
    pub fn lock(&self) -> Result<Lock> {
        match self.try_lock()? {
            Some(lock) => Ok(lock),
            None => bail!("{}", self.in_use()),
        }
    }

    /// Says that another process has the lock, and which.
    pub fn in_use(&self) -> String {
        let mut holder = String::new();
        let read = File::open(self.0.join("lock")).and_then(|mut file| file.read_to_string(&mut holder));
        let process = match read {
            Ok(_) if !holder.is_empty() => format!("process {holder}"),
            _ => "another process".into(),
        };
        format!(
            "the data directory {} is in use by {process}; stop that, or name another directory with --data",
            self.0.display()
        )
    }

    /// The socket of the running server.
    pub fn socket(&self) -> PathBuf {
        self.0.join("admin.sock")
    }

    /// The file of the demo account's password.
    pub fn demo_password(&self) -> PathBuf {
        self.0.join("demo-password")
    }
}

/// Makes a directory where it is missing, for its owner only.
pub fn create_directory(path: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.with_context(|| format!("cannot make the directory {}", path.display()))
}

/// Writes a file for its owner only: all of it or nothing, durably, also when the power fails.
pub fn write_private(path: &Path, content: &[u8]) -> Result<()> {
    let temporary = added(path, ".new");
    let write = || -> std::io::Result<()> {
        let mut file = create_private(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)?;
        sync_parent(path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Opens a file for writing that only its owner may read, in place of one that is there.
pub fn create_private(path: &Path) -> std::io::Result<File> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Makes renames in a file's directory durable.
pub fn sync_parent(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

/// Returns a path with something added to its last part.
pub fn added(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}
