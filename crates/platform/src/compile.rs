//! Sources to programs: libraries first, with the enums of the environment.

use impstead_device_protocol::{Key, Value as Data};
use squirrel::syntax::{Constant, Scalar};
use squirrel::{Image, Program};

/// Compiles libraries and the program behind them, each a name and a source, and each with what the ones before it declare.
/// `environment` is a table whose members `__EI` and `__VARS` become enums.
///
/// # Errors
/// The first error, with the name of the source and the place in it.
pub fn compile(image: &Image, units: &[(Vec<u8>, Vec<u8>)], environment: &Data) -> Result<Vec<Program>, String> {
    let mut constants = enums(environment);
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
fn enums(environment: &Data) -> Vec<(Box<[u8]>, Constant)> {
    let Data::Table(parts) = environment else { return Vec::new() };
    let mut enums = Vec::new();
    for (name, part) in parts {
        let (Key::String(name), Data::Table(members)) = (name, part) else { continue };
        if !name.starts_with(b"__") {
            continue;
        }
        let members = members.iter().filter_map(|(name, value)| {
            let Key::String(name) = name else { return None };
            let value = match value {
                Data::Int(integer) => Scalar::Integer(*integer),
                Data::Float(float) => Scalar::Float(float.to_f32()),
                Data::Bool(bool) => Scalar::Bool(*bool),
                Data::String(text) => Scalar::String(text.clone()),
                _ => return None,
            };
            Some((name.clone(), value))
        });
        enums.push((name.clone(), Constant::Enum(members.collect())));
    }
    enums
}
