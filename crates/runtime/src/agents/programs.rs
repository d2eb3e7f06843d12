//! Programs of agents, compiled, so that the devices of a group share them.

use crate::line::environment;
use impstead_device_protocol::{Key, Value};
use impstead_model::{DeploymentId, DeviceGroupId, DeviceId};
use impstead_store::{Store, StoreError};
use squirrel::{
    Image, Program,
    syntax::{Constant, Scalar},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

/// Programs that some agent runs.
#[derive(Default)]
pub struct Programs {
    known: Mutex<HashMap<DeploymentId, (DeviceGroupId, Weak<Compiled>)>>,
    /// Held while one is compiled, so that agents that want the same one at the same time compile it once.
    compiling: tokio::sync::Mutex<()>,
}

/// A deployment's agent code.
pub struct Compiled {
    /// Libraries, and the program itself, last; or what is wrong with it.
    pub programs: Result<Vec<Program>, String>,
}

/// What stack traces and errors call an agent's code.
const AGENT_CODE: &str = "agent_code";

impl Programs {
    fn known(&self) -> MutexGuard<'_, HashMap<DeploymentId, (DeviceGroupId, Weak<Compiled>)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, deployment: &DeploymentId) -> Option<Arc<Compiled>> {
        self.known().get(deployment).and_then(|(_, program)| program.upgrade())
    }

    /// Returns a deployment's program; `None` if there is no such deployment.
    pub async fn get(
        &self,
        store: &Store,
        image: &Image,
        id: &DeploymentId,
    ) -> Result<Option<Arc<Compiled>>, StoreError> {
        if let Some(compiled) = self.find(id) {
            return Ok(Some(compiled));
        }
        let _turn = self.compiling.lock().await;
        if let Some(compiled) = self.find(id) {
            return Ok(Some(compiled));
        }
        let Some(program) = store.agent_program(id).await? else { return Ok(None) };
        let group = program.group.id.clone();
        let image = image.clone();
        // `__EI` and `__VARS`; the device's own part of it is not for compiling.
        let constants = constants(&environment(&DeviceId::new(""), &program));
        let compile = move || {
            Program::compile_knowing(&image, &program.code, AGENT_CODE.as_bytes(), &constants)
                .map(|program| vec![program])
                .map_err(|errors| errors.first().map(ToString::to_string).unwrap_or_default())
        };
        let programs = match tokio::task::spawn_blocking(compile).await {
            Ok(programs) => programs,
            Err(error) => Err(format!("it cannot be compiled: {error}")),
        };
        let compiled = Arc::new(Compiled { programs });
        let mut known = self.known();
        known.retain(|_, (_, program)| program.strong_count() > 0);
        known.insert(id.clone(), (group, Arc::downgrade(&compiled)));
        Ok(Some(compiled))
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

/// The enums of an environment.
fn constants(environment: &Value) -> Vec<(Box<[u8]>, Constant)> {
    let Value::Table(parts) = environment else { return Vec::new() };
    let mut constants = Vec::new();
    for (name, part) in parts {
        let (Key::String(name), Value::Table(members)) = (name, part) else { continue };
        if !name.starts_with(b"__") {
            continue;
        }
        let members = members.iter().filter_map(|(name, value)| {
            let Key::String(name) = name else { return None };
            let value = match value {
                Value::Int(integer) => Scalar::Integer(*integer),
                Value::Float(float) => Scalar::Float(float.to_f32()),
                Value::Bool(bool) => Scalar::Bool(*bool),
                Value::String(text) => Scalar::String(text.clone()),
                _ => return None,
            };
            Some((name.clone(), value))
        });
        constants.push((name.clone(), Constant::Enum(members.collect())));
    }
    constants
}
