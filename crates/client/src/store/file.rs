use super::{StoredSession, TokenStore};
use fs4::{FileExt, TryLockError};
use serde::{Deserialize, Serialize};
use std::{
    any::Any,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

/// How long to wait for another process that holds the lock. A renewal takes a second or so.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);
const LOCK_POLL: Duration = Duration::from_millis(10);

/// Keeps a session in a file that only its owner can read, safely shared by several processes.
///
/// The file is JSON. It is replaced as a whole by renaming, so that a reader sees the old session or the new one, never
/// a part. Beside it lies an empty file with `.lock` appended to its name, which is never removed. On Unix the files
/// are made with mode 0600 and missing directories with 0700.
#[derive(Clone, Debug)]
pub struct FileTokenStore {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Contents {
    version: u32,
    #[serde(flatten)]
    session: StoredSession,
}

const VERSION: u32 = 1;

/// Numbers the temporary files of this process.
static NEXT: AtomicU64 = AtomicU64::new(0);

impl FileTokenStore {
    /// Makes a store in a file, which need not exist yet. Touches nothing.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Returns the file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(suffix);
        name.into()
    }

    fn make_directory(&self) -> io::Result<()> {
        let Some(parent) = self.path.parent().filter(|parent| !parent.as_os_str().is_empty()) else { return Ok(()) };
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(parent)
    }
}

/// Options for a file that only its owner may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

impl TokenStore for FileTokenStore {
    fn load(&self) -> io::Result<Option<StoredSession>> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
        // Neither message quotes the contents, which are secret.
        let contents: Contents = serde_json::from_slice(&bytes)
            .map_err(|error| invalid(format!("not a token file (line {})", error.line())))?;
        if contents.version != VERSION {
            return Err(invalid(format!("a token file of version {}, not {VERSION}", contents.version)));
        }
        Ok(Some(contents.session))
    }

    fn save(&self, session: Option<&StoredSession>) -> io::Result<()> {
        let Some(session) = session else {
            return match fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        };
        self.make_directory()?;
        let temporary = self.beside(&format!(".{}-{}.tmp", process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
        let written = (|| {
            let mut file = private().create_new(true).open(&temporary)?;
            let contents = Contents { version: VERSION, session: session.clone() };
            file.write_all(&serde_json::to_vec_pretty(&contents)?)?;
            file.sync_all()?;
            fs::rename(&temporary, &self.path)
        })();
        if written.is_err() {
            // The first error is the one to report.
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    fn lock(&self) -> io::Result<Box<dyn Any + Send>> {
        self.make_directory()?;
        let file: File = private().create(true).truncate(false).open(self.beside(".lock"))?;
        let deadline = Instant::now() + LOCK_TIMEOUT;
        loop {
            match FileExt::try_lock(&file) {
                // The lock ends when the file is closed.
                Ok(()) => return Ok(Box::new(file)),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                    let why = format!("another process has held the lock for {} s", LOCK_TIMEOUT.as_secs());
                    return Err(io::Error::new(io::ErrorKind::TimedOut, why));
                }
                Err(TryLockError::WouldBlock) => thread::sleep(LOCK_POLL),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AccessToken, Renewal};
    use impstead_wire::Timestamp;

    fn session(token: &str) -> StoredSession {
        let at = Timestamp::from_ms(1_772_442_904_221);
        StoredSession {
            endpoint: "https://api.example.net/v5".to_owned(),
            renewal: Some(Renewal::RefreshToken("r".into())),
            access: AccessToken { token: token.into(), received_at: at, expires_at: at },
        }
    }

    #[test]
    fn saves_loads_and_removes() {
        let directory = tempfile::tempdir().unwrap();
        let store = FileTokenStore::new(directory.path().join("deep/er/tokens.json"));
        assert_eq!(store.load().unwrap(), None);
        store.save(None).unwrap();
        store.save(Some(&session("one"))).unwrap();
        store.save(Some(&session("two"))).unwrap();
        assert_eq!(store.load().unwrap(), Some(session("two")));
        let names: Vec<_> = fs::read_dir(store.path().parent().unwrap()).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(names, [store.path()], "no temporary file stays");
        store.save(None).unwrap();
        assert_eq!(store.load().unwrap(), None);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let directory = tempfile::tempdir().unwrap();
        let store = FileTokenStore::new(directory.path().join("new/tokens.json"));
        drop(store.lock().unwrap());
        store.save(Some(&session("one"))).unwrap();
        assert_eq!(mode(store.path()), 0o600);
        assert_eq!(mode(&store.beside(".lock")), 0o600);
        assert_eq!(mode(store.path().parent().unwrap()), 0o700);

        // A file that was readable by others is not after the next save.
        fs::set_permissions(store.path(), fs::Permissions::from_mode(0o644)).unwrap();
        store.save(Some(&session("two"))).unwrap();
        assert_eq!(mode(store.path()), 0o600);
    }

    #[test]
    fn says_what_is_wrong_without_quoting() {
        let directory = tempfile::tempdir().unwrap();
        let store = FileTokenStore::new(directory.path().join("tokens.json"));
        fs::write(store.path(), "{\"version\": 1, \"access\": \"hunter2\"}").unwrap();
        let error = store.load().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn one_holder_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let store = FileTokenStore::new(directory.path().join("tokens.json"));
        let held = std::sync::atomic::AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10 {
                        let guard = store.lock().unwrap();
                        assert_eq!(held.fetch_add(1, Ordering::SeqCst), 0);
                        assert_eq!(held.fetch_sub(1, Ordering::SeqCst), 1);
                        drop(guard);
                    }
                });
            }
        });
    }
}
