//! Programs of agents, compiled, so that the devices of a group share them.

use crate::{libraries, line};
use impstead_device_protocol::Value;
use impstead_model::{DeploymentId, DeviceGroupId, DeviceId};
use impstead_store::{Store, StoreError};
use squirrel::{Image, Program};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

/// Programs that are kept for agents that sleep, even if none is awake that runs them.
const MOST_RECENT: usize = 64;

/// Programs that some agent runs, or ran not long ago.
#[derive(Default)]
pub struct Programs {
    known: Mutex<Known>,
    /// Held while one is compiled, so that agents that want the same one at the same time compile it once.
    compiling: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    /// In the environment of now, with the groups whose it is.
    current: HashMap<DeploymentId, (DeviceGroupId, Weak<Compiled>)>,
    /// In that of some time ago, which agents have that slept meanwhile.
    former: HashMap<(DeploymentId, Vec<u8>), Weak<Compiled>>,
    /// Those that were made last.
    recent: VecDeque<Arc<Compiled>>,
}

/// A deployment's agent code.
pub struct Compiled {
    /// Libraries, and the program itself, last; or what is wrong with it.
    pub programs: Result<Vec<Program>, String>,
    /// The environment for which they were compiled, in the device protocol's encoding.
    pub environment: Vec<u8>,
}

/// What stack traces and errors call an agent's code.
const AGENT_CODE: &str = "agent_code";

impl Programs {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a deployment's program; `None` if there is no such deployment. It is compiled for its environment of now, or for
    /// another one, of an agent that slept.
    pub async fn get(
        &self,
        store: &Store,
        image: &Image,
        id: &DeploymentId,
        environment: Option<&[u8]>,
    ) -> Result<Option<Arc<Compiled>>, StoreError> {
        if let Some(compiled) = self.known().find(id, environment) {
            return Ok(Some(compiled));
        }
        let _turn = self.compiling.lock().await;
        if let Some(compiled) = self.known().find(id, environment) {
            return Ok(Some(compiled));
        }
        let Some(program) = store.agent_program(id).await? else { return Ok(None) };
        let group = program.group.id.clone();
        let libraries = libraries::find(store, &program.code).await?;
        // `__EI` and `__VARS`; the device's own part of it is not for compiling.
        let current = line::environment(&DeviceId::new(""), &program, &[], None).encode().unwrap_or_default();
        let is_current = environment.is_none_or(|environment| *environment == current);
        let environment = environment.map_or(current, <[u8]>::to_vec);
        let known = Value::decode(&environment).unwrap_or(Value::Null);
        let image = image.clone();
        let programs = match libraries {
            Err(unknown) => Err(unknown),
            Ok(mut units) => {
                units.push((AGENT_CODE.as_bytes().to_vec(), program.code));
                tokio::task::spawn_blocking(move || platform::compile(&image, &units, &known))
                    .await
                    .unwrap_or_else(|error| Err(format!("it cannot be compiled: {error}")))
            }
        };
        let compiled = Arc::new(Compiled { programs, environment });
        self.known().add(id, group, is_current, &compiled);
        Ok(Some(compiled))
    }

    /// Forgets what is known of a group: its variables may be others.
    pub fn forget(&self, group: &DeviceGroupId) {
        self.known().current.retain(|_, (of, _)| of != group);
    }

    /// Forgets everything.
    pub fn forget_all(&self) {
        self.known().current.clear();
    }
}

impl Known {
    fn find(&self, id: &DeploymentId, environment: Option<&[u8]>) -> Option<Arc<Compiled>> {
        let current = self.current.get(id).and_then(|(_, program)| program.upgrade());
        let Some(environment) = environment else { return current };
        current.filter(|compiled| *compiled.environment == *environment).or_else(|| {
            let former = self.former.get(&(id.clone(), environment.to_vec()));
            former.and_then(Weak::upgrade)
        })
    }

    fn add(&mut self, id: &DeploymentId, group: DeviceGroupId, is_current: bool, compiled: &Arc<Compiled>) {
        self.current.retain(|_, (_, program)| program.strong_count() > 0);
        self.former.retain(|_, program| program.strong_count() > 0);
        let program = Arc::downgrade(compiled);
        if is_current {
            self.current.insert(id.clone(), (group, program));
        } else {
            self.former.insert((id.clone(), compiled.environment.clone()), program);
        }
        self.recent.push_back(Arc::clone(compiled));
        if self.recent.len() > MOST_RECENT {
            self.recent.pop_front();
        }
    }
}
