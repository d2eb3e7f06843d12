//! Examples in the documentation: values that look like the real ones, made of the schemas.

use serde_json::{Map, Value, json};

/// A moment, for every timestamp.
const MOMENT: &str = "2026-03-02T09:15:04.221Z";

/// Makes an example of what a schema describes.
pub struct Examples<'s> {
    /// The document's named schemas.
    pub schemas: &'s Map<String, Value>,
    /// Where the server is.
    pub public_url: &'s str,
    /// The route's path and operation.
    pub path: &'s str,
    pub operation: &'s str,
}

impl Examples<'_> {
    /// Makes an example of a whole body.
    pub fn of(&self, schema: &Value) -> Value {
        self.value(schema, "", "")
    }

    /// Makes an example of the member `name` of a resource of type `kind`.
    fn value(&self, schema: &Value, name: &str, kind: &str) -> Value {
        if let Some(referred) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            return match referred {
                "Timestamp" => MOMENT.into(),
                "PageLinks" => self.page_links(),
                "Usage" => json!({ "used": 3, "limit": 10_000 }),
                referred => self.value(&self.schemas[referred], name, kind),
            };
        }
        if let Some(words) = schema["enum"].as_array() {
            return words.first().cloned().unwrap_or_default();
        }
        let alternatives = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array());
        if let Some(alternative) = alternatives.and_then(|all| all.iter().find(|schema| schema["type"] != "null")) {
            return self.value(alternative, name, kind);
        }
        if name == "enabled" {
            return (self.operation != "totp.begin").into();
        }
        if let Some(value) = known(name, kind) {
            return value;
        }
        let types = &schema["type"];
        let is = |wanted: &str| *types == wanted || types.as_array().is_some_and(|all| all.iter().any(|t| t == wanted));
        if is("object") {
            return self.object(schema, name, kind);
        }
        if is("array") {
            return json!([self.value(&schema["items"], singular(name), kind)]);
        }
        match () {
            () if is("null") => Value::Null,
            () if is("boolean") => (kind == "capabilities").into(),
            () if is("integer") || is("number") => 1.into(),
            () => "text".into(),
        }
    }

    fn object(&self, schema: &Value, name: &str, kind: &str) -> Value {
        let Some(properties) = schema["properties"].as_object() else { return json!({}) };
        // Within a resource, its own type decides what its members look like.
        let own = properties.get("type").and_then(|schema| schema["enum"].get(0)).and_then(Value::as_str);
        let kind = own.unwrap_or(kind);
        if own.is_none() && properties.len() == 2 && properties.contains_key("id") && properties.contains_key("type") {
            return linkage(name, kind);
        }
        let required: Vec<&Value> = schema["required"].as_array().into_iter().flatten().collect();
        let mut object = Map::new();
        for (name, schema) in properties {
            let is_required = required.iter().any(|required| *required == name);
            if !is_required && !self.shows(name) {
                continue;
            }
            let value = match name.as_str() {
                "id" if own.is_some() => id_of(kind).into(),
                "links" if own.is_some() => json!({ "self": self.self_link(kind) }),
                name => self.value(schema, name, kind),
            };
            if is_required || !value.as_object().is_some_and(Map::is_empty) {
                object.insert(name.clone(), value);
            }
        }
        Value::Object(object)
    }

    /// Whether a member that is not always there shows in this operation's examples.
    fn shows(&self, name: &str) -> bool {
        match name {
            "secret" | "otpauth_url" => self.operation == "totp.begin",
            "recovery_codes" => self.operation == "totp.confirm",
            "key" => self.operation == "unbonding_key.create",
            "refresh_token" => self.operation == "auth.login",
            "device_code" | "agent_code" => {
                matches!(self.operation, "deployments.create" | "deployments.show" | "deployments.update")
            }
            "production_target" | "dut_target" | "flagger" | "load_code_after_blessing" | "region" => false,
            _ => true,
        }
    }

    /// Links of a list's only page.
    fn page_links(&self) -> Value {
        let page = format!("{}{}?page%5Bnumber%5D=1&page%5Bsize%5D=20", self.public_url, self.concrete_path());
        json!({ "first": page, "self": page })
    }

    /// The link of a resource to itself, as far as the route's path tells.
    fn self_link(&self, kind: &str) -> String {
        let path = self.concrete_path();
        let stands_alone = matches!(kind, "totp" | "unbonding_key" | "quota" | "capabilities");
        let path = path.strip_suffix("/confirm").unwrap_or(&path);
        let ends_in_id = self.path.ends_with('}');
        if path.ends_with("/relationships/min_supported_deployment") {
            format!("{}/v5/deployments/{}", self.public_url, id_of(kind))
        } else if ends_in_id || stands_alone {
            format!("{}{path}", self.public_url)
        } else {
            format!("{}{path}/{}", self.public_url, id_of(kind))
        }
    }

    /// The route's path with example ids.
    pub fn concrete_path(&self) -> String {
        let segment = |segment: &str| match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some("account") => "me".to_owned(),
            Some(name) => id_of(name).to_owned(),
            None => segment.to_owned(),
        };
        self.path.split('/').map(segment).collect::<Vec<_>>().join("/")
    }
}

/// An id of a type of resource.
pub fn id_of(kind: &str) -> &'static str {
    match kind {
        "product" => "6a0e2f51-93c4-8b7d-0f0a-2d5c1b7e9a10",
        "deployment" => "c3d48f0e-22b7-41aa-8d15-7e9b0c6f3a52",
        "device" | "virtual_imp" => "20000c2a69abcdef",
        "logstream" => "5d2f0b8c4e6a49b7a1c3d5e7f9012345",
        "webhook" => "e1b7a3c4-9d20-4f6b-8c11-0a5d7f2e6b93",
        "webhook_delivery" => "0b6d4f1e-6c38-4e0f-9a57-3f2c8d1b7e64",
        "login_key" => "9a3f0c77e1b2d458",
        "refresh_token" | "session" => "2c9f61b8-04de-4a7c-b3f5-6e8d1c0a9b27",
        "audit_entry" => "84d2e6f1-7a3b-4c95-a0e8-1b6f9d3c5e70",
        "library" => "greenhouse",
        "collaborator" => "d4e5a6b7-1c2d-4e3f-9a8b-7c6d5e4f3a2b",
        kind if kind == "devicegroup" || kind.ends_with("_devicegroup") => "1f4b8d20-7c6e-11aa-90b3-5d2e8f6a4c01",
        _ => "b7c9d1e0-5f3a-4c2e-9a44-0f6de2a1c833",
    }
}

/// A relationship.
#[expect(clippy::match_same_arms, reason = "names that mean different things stand apart")]
fn linkage(name: &str, of: &str) -> Value {
    let kind = match name {
        "devicegroup" => "development_devicegroup",
        "production_target" => "pre_production_devicegroup",
        "dut_target" => "pre_dut_devicegroup",
        "current_deployment" | "min_supported_deployment" => "deployment",
        // Bodies that are nothing but a linkage, or a list of these.
        "data" => "deployment",
        "datum" => "device",
        "version" => "library",
        "webhook" => "webhook",
        "product" => "product",
        // The other one of a collaboration.
        "account" if of == "collaborator" => return json!({ "type": "account", "id": id_of("collaborator") }),
        _ => "account",
    };
    json!({ "type": kind, "id": id_of(kind) })
}

fn singular(name: &str) -> &str {
    match name {
        "data" => "datum",
        name => name.strip_suffix('s').unwrap_or(name),
    }
}

/// A value for a member of this name.
#[expect(clippy::match_same_arms, reason = "a table with a line per name")]
fn known(name: &str, kind: &str) -> Option<Value> {
    let value = match (name, kind) {
        ("name", "device") => "Bench sensor",
        ("name", "library") => "Greenhouse",
        ("name", kind) if kind.ends_with("_devicegroup") => "Sensors",
        ("name", _) => "Greenhouse",
        ("description", "login_key") => "CI runner",
        ("description", "deployment") => "Measure every minute",
        ("description", _) => "Soil probes",
        ("username", "collaborator") => "gardener",
        ("username", _) => "grower",
        ("email", _) => "grower@example.net",
        ("id", "") => "grower@example.net",
        ("password", _) => "correct horse battery",
        ("tier", _) => "free",
        ("role", _) => "developer",
        ("sha", _) => "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
        ("origin", _) => "greenhouse/main",
        ("device_code", _) => "agent.send(\"reading\", hardware.pin9.read());",
        ("agent_code", _) => "device.on(\"reading\", @(value) server.log(value));",
        ("agent_id", _) => "aB3dE5fG7hI9",
        ("agent_url", _) => "https://agents.example.net/aB3dE5fG7hI9",
        ("imp_type", _) => "imp004",
        ("ip_address", _) => "192.0.2.10",
        ("mac_address", _) => "0c:2a:69:ab:cd:ef",
        ("swversion", _) => "1234567 - release-42.5 - Mon Mar  2 09:00:00 2026 - production",
        ("event", "webhook" | "webhook_delivery") => "deployment",
        ("event", _) => "enrolled",
        ("url", "logstream") => "https://imp.example.net/v5/logstream/5d2f0b8c4e6a49b7a1c3d5e7f9012345",
        ("device_id", _) => id_of("device"),
        ("log_type", _) => "development",
        ("type", "") => "server.log",
        ("msg", _) => "moisture 41",
        ("url", _) => "https://example.net/hooks/imp",
        ("content_type", _) => "application/json",
        ("owner_id" | "actor_id", _) => id_of("account"),
        ("code", _) => "123456",
        ("secret", "webhook") => "whsec_7f1c0d9e8b2a46538f60d1c2b3a495867e5f4d3c2b1a09f8e7d6c5b4a3928170",
        ("state", "webhook_delivery") => "delivered",
        ("state", "virtual_imp") => "started",
        ("last_error" | "next_attempt_at", "webhook_delivery") => return Some(Value::Null),
        ("last_status", "webhook_delivery") => return Some(204.into()),
        ("attempts", "webhook_delivery") => return Some(1.into()),
        ("payload", "webhook_delivery") => {
            return Some(json!({
                "created_at": "2026-03-02T09:15:04.221Z",
                "creator_id": id_of("account"),
                "deployment_id": id_of("deployment"),
                "devicegroup_id": id_of("devicegroup"),
                "product_id": id_of("product"),
                "sha": "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
            }));
        }
        ("secret", _) => "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        ("otpauth_url", _) => {
            "otpauth://totp/Impstead:grower?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Impstead&algorithm=SHA1&digits=6&period=30"
        }
        ("recovery_code", _) => "k5ty-q2ma-7fzd-3wxe",
        ("key", _) => "4e1a9b7c5d3f20618a7b6c5d4e3f20114e1a9b7c5d3f20618a7b6c5d4e3f2011",
        ("user_agent", _) => "imp-central-impt/2.6.1",
        ("action", _) => "product.create",
        ("target_type", _) => "product",
        ("target_id", _) => id_of("product"),
        ("detail", "audit_entry") => "Greenhouse",
        ("request_id", _) => "5b0f3c1e-8a72-4d96-bc40-9e1f7a6d2b38",
        ("access_token", _) => {
            "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8SNFZ4kA=="
        }
        ("refresh_token" | "token", _) => "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
        ("login_token", _) => "f2c1d0e9b8a7968574635241302f1e0df2c1d0e9b8a7968574635241302f1e0d",
        ("status", _) => "ok",
        ("production", _) => return Some(false.into()),
        ("expires_in", _) => return Some(3600.into()),
        ("free_memory", _) => return Some(142_336.into()),
        ("rssi", _) => return Some((-58).into()),
        ("usages", _) => return Some(12.into()),
        ("recovery_codes_left", _) => return Some(10.into()),
        ("device_online" | "supported" | "set" | "current", _) => return Some(true.into()),
        ("tags", _) => return Some(json!(["release", "v1.2.0"])),
        ("env_vars", _) => return Some(json!({ "interval": 60, "site": "north" })),
        ("region" | "plan_id", _) => return Some(Value::Null),
        _ => return None,
    };
    Some(value.into())
}
