//! Programs on their way to devices, so that many devices that fetch the same one share its bytes.

use crate::libraries::{self, Library};
use impstead_model::{DeploymentId, DeviceGroupId};
use impstead_store::{DeviceProgram, Store, StoreError};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

/// A program with the libraries that it requires, or which of them is unknown.
pub struct Offered {
    pub program: DeviceProgram,
    pub libraries: Result<Vec<Library>, String>,
}

/// Programs that some device is being offered.
#[derive(Default)]
pub struct Programs {
    known: Mutex<HashMap<DeploymentId, (DeviceGroupId, Weak<Offered>)>>,
    /// Held while one is read, so that devices that want the same one at the same time read it once.
    reading: tokio::sync::Mutex<()>,
}

impl Programs {
    fn known(&self) -> MutexGuard<'_, HashMap<DeploymentId, (DeviceGroupId, Weak<Offered>)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, deployment: &DeploymentId) -> Option<Arc<Offered>> {
        self.known().get(deployment).and_then(|(_, program)| program.upgrade())
    }

    /// Returns a deployment's program; `None` if it is not there.
    pub async fn get(&self, store: &Store, id: &DeploymentId) -> Result<Option<Arc<Offered>>, StoreError> {
        if let Some(program) = self.find(id) {
            return Ok(Some(program));
        }
        let _turn = self.reading.lock().await;
        if let Some(program) = self.find(id) {
            return Ok(Some(program));
        }
        let Some(program) = store.device_program(id).await? else { return Ok(None) };
        let libraries = libraries::find(store, &program.code).await?;
        let group = program.group.id.clone();
        let program = Arc::new(Offered { program, libraries });
        let mut known = self.known();
        known.retain(|_, (_, program)| program.strong_count() > 0);
        known.insert(id.clone(), (group, Arc::downgrade(&program)));
        Ok(Some(program))
    }

    /// Forgets what is known of a group: its variables may be others.
    pub fn forget(&self, group: &DeviceGroupId) {
        self.known().retain(|_, (of, _)| of != group);
    }

    /// Forgets everything.
    pub fn forget_all(&self) {
        self.known().clear();
    }
}
