use super::{StoredSession, TokenStore};
use std::{io, sync::Mutex};

/// Keeps a session in memory only: it ends with the process.
#[derive(Debug, Default)]
pub struct MemoryTokenStore(Mutex<Option<StoredSession>>);

impl MemoryTokenStore {
    /// Makes an empty store.
    pub fn new() -> Self {
        Self::default()
    }
}

impl TokenStore for MemoryTokenStore {
    fn load(&self) -> io::Result<Option<StoredSession>> {
        Ok(self.0.lock().expect("no holder panics").clone())
    }

    fn save(&self, session: Option<&StoredSession>) -> io::Result<()> {
        *self.0.lock().expect("no holder panics") = session.cloned();
        Ok(())
    }
}
