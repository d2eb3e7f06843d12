//! Programs, compiled, so that imps with the same one share it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use impstead_device_protocol::{Key, Value};
use platform::board::ImpType;
use platform::imp_image_of;
use squirrel::{Image, Program};

use crate::stored::StoredProgram;

/// What stack traces and errors call an imp's code.
const DEVICE_CODE: &[u8] = b"device_code";

/// The part of an environment that has the libraries.
const LIBRARIES: &[u8] = b"libraries";

/// A program by what it is made from: its digest and its environment; and the kind of imps that it is for.
type Name = ([u8; 32], Vec<u8>, usize);

/// A program with its libraries.
pub(crate) type Compiled = Arc<Vec<Program>>;

/// The programs of some imps. A cheap handle: clones share everything.
#[derive(Clone)]
pub struct Programs(Arc<Shared>);

struct Shared {
    /// For each kind of imps.
    images: [Image; 3],
    known: Mutex<HashMap<Name, Weak<Vec<Program>>>>,
}

/// A type of each kind: programs of imps of a kind find the same members.
const KINDS: [ImpType; 3] = [ImpType::Imp001, ImpType::Imp003, ImpType::Imp005];

/// The place of a type's kind among them.
fn kind(imp_type: ImpType) -> usize {
    let members = |imp_type: ImpType| (imp_type.has_spiflash(), imp_type.has_usb());
    KINDS.iter().position(|&kind| members(kind) == members(imp_type)).expect("a test looks at all types")
}

impl Programs {
    /// For imps whose tables are in an order that nobody can foresee who does not know `seed`.
    pub fn new(seed: u64) -> Programs {
        let images = KINDS.map(|imp_type| imp_image_of(seed, imp_type));
        Programs(Arc::new(Shared { images, known: Mutex::default() }))
    }

    pub(crate) fn image(&self, imp_type: ImpType) -> &Image {
        &self.0.images[kind(imp_type)]
    }

    /// Compiles a program, unless another imp runs it.
    pub(crate) fn get(&self, program: &StoredProgram, imp_type: ImpType) -> Result<Compiled, String> {
        let name = (program.sha, program.environment.clone(), kind(imp_type));
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(compiled) = known.get(&name).and_then(Weak::upgrade) {
            return Ok(compiled);
        }
        let environment = program.environment();
        let mut units = libraries(&environment);
        units.push((DEVICE_CODE.to_vec(), program.source.clone()));
        let compiled = Arc::new(platform::compile(self.image(imp_type), &units, &environment)?);
        known.retain(|_, compiled| compiled.strong_count() > 0);
        known.insert(name, Arc::downgrade(&compiled));
        Ok(compiled)
    }
}

/// A member of an environment.
pub(crate) fn part<'e>(environment: &'e Value, name: &[u8]) -> Option<&'e Value> {
    let Value::Table(parts) = environment else { return None };
    parts.iter().find(|(key, _)| matches!(key, Key::String(key) if **key == *name)).map(|(_, value)| value)
}

/// The libraries that a program requires, in their order: names and sources.
fn libraries(environment: &Value) -> Vec<(Vec<u8>, Vec<u8>)> {
    let Some(Value::Array(libraries)) = part(environment, LIBRARIES) else { return Vec::new() };
    let library = |library: &Value| match library {
        Value::Array(parts) => match &parts[..] {
            [Value::String(name), Value::String(source) | Value::Blob(source)] => {
                Some((name.to_vec(), source.to_vec()))
            }
            _ => None,
        },
        _ => None,
    };
    libraries.iter().filter_map(library).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_of_a_kind() {
        use ImpType::{Imp001, Imp002, Imp003, Imp004m, Imp005, Imp006, ImpC001};
        let kinds = [Imp001, Imp002, Imp003, Imp004m, Imp005, Imp006, ImpC001].map(kind);
        assert_eq!(kinds, [0, 0, 1, 1, 2, 1, 1]);
    }
}
