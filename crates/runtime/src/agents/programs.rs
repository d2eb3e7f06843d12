//! Programs of agents, compiled, so that the devices of a group share them.

use crate::line::environment;
use impstead_device_protocol::{Key, Value};
use impstead_model::{DeploymentId, DeviceGroupId, DeviceId};
use impstead_store::{Store, StoreError};
use platform::requires;
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
        let mut units = Vec::new();
        let mut unknown = None;
        for required in requires(&program.code) {
            let file = required.name.clone().into_bytes();
            match store.library(&required.name, &required.version).await? {
                // Required twice, it is there once.
                Some(_) if units.iter().any(|(known, _)| *known == file) => {}
                Some(source) => units.push((file, source)),
                None => unknown = unknown.or(Some(required.unknown().to_string())),
            }
        }
        // `__EI` and `__VARS`; the device's own part of it is not for compiling.
        let constants = constants(&environment(&DeviceId::new(""), &program));
        units.push((AGENT_CODE.as_bytes().to_vec(), program.code));
        let image = image.clone();
        let programs = match unknown {
            Some(error) => Err(error),
            None => tokio::task::spawn_blocking(move || compile(&image, &units, constants))
                .await
                .unwrap_or_else(|error| Err(format!("it cannot be compiled: {error}"))),
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

/// Compiles libraries and the program behind them, each with what the ones before it declare.
fn compile(
    image: &Image,
    units: &[(Vec<u8>, Vec<u8>)],
    mut constants: Vec<(Box<[u8]>, Constant)>,
) -> Result<Vec<Program>, String> {
    let mut programs = Vec::with_capacity(units.len());
    for (name, source) in units {
        let program = Program::compile_knowing(image, source, name, &constants).map_err(|errors| {
            let error = errors.first().map(ToString::to_string).unwrap_or_default();
            format!("{}:{error}", String::from_utf8_lossy(name))
        })?;
        constants.extend_from_slice(program.constants());
        programs.push(program);
    }
    Ok(programs)
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
