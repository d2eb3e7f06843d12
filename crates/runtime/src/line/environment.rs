use impstead_device_protocol::{Float, Key, Value};
use impstead_model::{DeviceId, iso_8601};
use impstead_store::{DeviceProgram, FactoryFixture};

use crate::libraries::Library;

/// Returns what a device's program finds around it, with the libraries that it requires.
///
/// # Source
/// `__EI` as the vendor documents it; `__VARS` has the group's environment variables.
pub fn environment(
    device: &DeviceId,
    program: &DeviceProgram,
    libraries: &[Library],
    fixture: Option<&FactoryFixture>,
) -> Value {
    let DeviceProgram { deployment, group, product, code: _ } = program;
    let kind = group.kind.as_str();
    let created_at = iso_8601(deployment.created_ms);
    let mut parts = vec![(
        "__EI",
        table([
            ("PRODUCT_ID", Value::string(product.id.as_str())),
            ("PRODUCT_NAME", Value::string(&product.name)),
            ("DEVICEGROUP_ID", Value::string(group.id.as_str())),
            ("DEVICEGROUP_NAME", Value::string(&group.name)),
            ("DEVICEGROUP_TYPE", Value::string(kind.strip_suffix("_devicegroup").unwrap_or(kind))),
            ("DEPLOYMENT_ID", Value::string(deployment.id.as_str())),
            ("DEPLOYMENT_SHA", Value::string(&deployment.sha)),
            ("DEPLOYMENT_CREATED_AT", Value::string(created_at)),
        ]),
    )];
    if let Ok(serde_json::Value::Object(variables)) = serde_json::from_str(&group.env_vars)
        && !variables.is_empty()
    {
        let variables = variables.iter().filter_map(|(name, value)| Some((name.as_str(), variable(value)?)));
        parts.push(("__VARS", table(variables)));
    }
    let id = || Value::string(device.as_str());
    let mut params = vec![("deviceid", id())];
    // A factory fixture finds itself there, and so knows that it is one; a device under test finds the fixture.
    if let Some(fixture) = fixture {
        let id = || Value::string(fixture.device.as_str());
        params.extend([("factory_imp", id()), ("factory_imp_device_id", id())]);
    }
    parts.push(("configparams", table(params)));
    if !libraries.is_empty() {
        let text = |bytes: &[u8]| Value::String(bytes.into());
        let library = |(name, source): &Library| Value::Array([text(name), text(source)].into());
        parts.push(("libraries", Value::Array(libraries.iter().map(library).collect())));
    }
    table(parts)
}

fn table<'n>(entries: impl IntoIterator<Item = (&'n str, Value)>) -> Value {
    Value::Table(entries.into_iter().map(|(name, value)| (Key::String(name.as_bytes().into()), value)).collect())
}

/// Environment variables are strings and numbers; a number that is no 32-bit integer becomes a float.
fn variable(value: &serde_json::Value) -> Option<Value> {
    match value {
        serde_json::Value::String(text) => Some(Value::string(text)),
        serde_json::Value::Number(number) => {
            if let Some(integer) = number.as_i64().and_then(|number| i32::try_from(number).ok()) {
                return Some(Value::Int(integer));
            }
            #[expect(clippy::cast_possible_truncation, reason = "Squirrel's floats have 32 bits")]
            let float = number.as_f64()? as f32;
            Some(Value::Float(Float::from(float)))
        }
        _ => None,
    }
}
