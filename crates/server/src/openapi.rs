//! `GET /openapi.json`: what the server does, in OpenAPI 3.1, made of the table of routes.
//!
//! Schemas of answers come from the wire types, those of requests from the [`Shape`]s that check them, and what people
//! read from `openapi/operations.md`.

mod errors;
mod examples;
mod prose;

pub use errors::ERRORS;
pub use examples::Examples;

use crate::{
    App,
    device_groups::TYPES,
    document::MEDIA_TYPE,
    log_streams::EVENT_STREAM,
    routes::{Access, RequestBody, Route, routes},
    shape::{Kind, Shape, Write},
};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use impstead_model::DeviceGroupType;
use prose::Prose;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

const PROSE: &str = include_str!("openapi/operations.md");

/// For how long browsers and proxies may keep the documentation, which changes with the server's version only.
pub const CACHE_CONTROL: &str = "public, max-age=300";

/// The OpenAPI document and the reference made of it, each built when it is first asked for.
#[derive(Default)]
pub struct Documentation {
    openapi: OnceLock<Bytes>,
    /// The reference page.
    pub reference: OnceLock<Bytes>,
}

/// `GET /openapi.json`
pub async fn show(State(app): State<App>) -> Response {
    let write = || Bytes::from(serde_json::to_vec(&document(&app.config.public_url)).expect("keys are strings"));
    let bytes = app.documentation.openapi.get_or_init(write).clone();
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, CACHE_CONTROL)], bytes).into_response()
}

/// A type of resource, as the documentation names it.
pub struct Resource {
    /// Name of its schema; that of its attributes is this and `Attributes`.
    pub name: &'static str,
    types: &'static [&'static str],
    description: &'static str,
}

/// Every type of resource.
pub const RESOURCES: &[Resource] = &[
    Resource { name: "Account", types: &["account"], description: "A person or a team." },
    Resource { name: "Capabilities", types: &["capabilities"], description: "What the caller may do on an account." },
    Resource {
        name: "RefreshToken",
        types: &["refresh_token"],
        description: "A token that buys access tokens; its secret is shown only once, at sign-in.",
    },
    Resource {
        name: "LoginKey",
        types: &["login_key"],
        description: "A key that buys access tokens without a password. Its id is its secret.",
    },
    Resource { name: "Product", types: &["product"], description: "What is built; it holds device groups." },
    Resource { name: "DeviceGroup", types: TYPES, description: "Devices that run the same code." },
    Resource { name: "Deployment", types: &["deployment"], description: "A version of a device group's code." },
    Resource { name: "Device", types: &["device"], description: "An imp, and its agent in the cloud." },
    Resource {
        name: "Webhook",
        types: &["webhook"],
        description: "A URL that is told when something happens in a device group.",
    },
    Resource {
        name: "LogStream",
        types: &["logstream"],
        description: "A stream of the log lines of some devices, as they come.",
    },
    Resource { name: "Library", types: &["library"], description: "A Squirrel library." },
    Resource { name: "Totp", types: &["totp"], description: "The second factor of the caller's account." },
    Resource {
        name: "Session",
        types: &["session"],
        description: "A sign-in that can still obtain access tokens. Its id is that of its refresh token.",
    },
    Resource {
        name: "UnbondingKey",
        types: &["unbonding_key"],
        description: "The key that allows removing devices from production groups.",
    },
    Resource {
        name: "Collaborator",
        types: &["collaborator"],
        description: "An account that acts on another's resources. The id is that of the collaborating account.",
    },
    Resource { name: "Quota", types: &["quota"], description: "Limits of an account and what it uses of them." },
    Resource {
        name: "WebhookDelivery",
        types: &["webhook_delivery"],
        description: "An event on its way to a webhook, or one of the last 30 days.",
    },
    Resource {
        name: "VirtualImp",
        types: &["virtual_imp"],
        description: "A device that is a program and lives in the server.",
    },
    Resource { name: "Audit", types: &["audit_entry"], description: "Something that was done to a resource." },
];

/// Makes the OpenAPI document of a server at `public_url`.
pub fn document(public_url: &str) -> Value {
    let prose = Prose::parse(PROSE);
    let mut generators = Generators::new();
    let routes = routes();
    let mut operations: Vec<(&Route, Value)> =
        routes.iter().map(|route| (route, operation(route, &prose, &mut generators))).collect();
    let mut schemas = generators.into_schemas();
    refine(&mut schemas, &routes);

    let mut paths = Map::new();
    for (route, operation) in &mut operations {
        plain_names(operation);
        describe_attributes(operation, &schemas);
        add_examples(
            operation,
            &Examples { schemas: &schemas, public_url, path: route.path, operation: route.operation },
        );
        add_links(operation, route, &routes);
        let item = paths.entry(route.path).or_insert_with(|| json!({}));
        item[route.method.as_str().to_ascii_lowercase()] = operation.take();
    }
    let tags: Vec<Value> =
        prose.tags.iter().map(|(name, description)| json!({ "name": name, "description": description })).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Impstead",
            "summary": "An impCentral-compatible cloud for imp devices",
            "description": prose.introduction,
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "externalDocs": { "description": "Source code", "url": env!("CARGO_PKG_REPOSITORY") },
        "servers": [{ "url": public_url }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": error_responses(),
            "parameters": page_parameters(),
            "headers": headers(),
            "securitySchemes": {
                "access_token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An access token from `POST /v5/auth` or `POST /v5/auth/token`; good for an hour.",
                },
                "password": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-Electricimp-Password",
                    "description": "The password of the caller's account, beside the access token.",
                },
            },
        },
    })
}

/// Generates schemas: of answers by reference, of requests in place.
struct Generators {
    answers: SchemaGenerator,
    requests: SchemaGenerator,
}

impl Generators {
    fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.meta_schema = None;
                settings.definitions_path = "/components/schemas".into();
            })
        };
        Self {
            answers: settings().for_serialize().into_generator(),
            requests: settings().with(|settings| settings.inline_subschemas = true).into_generator(),
        }
    }

    /// Returns the named schemas of all answers made so far, and that of errors.
    fn into_schemas(mut self) -> Map<String, Value> {
        self.answers.subschema_for::<impstead_wire::ErrorDocument>();
        let schemas = self.answers.take_definitions(true);
        schemas
            .into_iter()
            .map(|(name, mut schema)| {
                plain_names(&mut schema);
                (plain_name(&name), schema)
            })
            .collect()
    }
}

/// Shortens the names of generic types: `ProductAttributesResourceDocument` is `ProductDocument`.
fn plain_name(name: &str) -> String {
    name.replace("AttributesResource", "")
}

/// Renames in all references.
fn plain_names(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match value {
                    Value::String(path) if key == "$ref" => {
                        if let Some(name) = path.strip_prefix("#/components/schemas/") {
                            *path = format!("#/components/schemas/{}", plain_name(name));
                        }
                    }
                    value => plain_names(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(plain_names),
        _ => {}
    }
}

/// Says in the schemas what the wire types leave open: resource types, and words from a list.
fn refine(schemas: &mut Map<String, Value>, routes: &[Route]) {
    for Resource { name, types, description } in RESOURCES {
        if let Some(schema) = schemas.get_mut(*name) {
            schema["description"] = (*description).into();
            schema["properties"]["type"]["enum"] = json!(types);
        }
    }
    for shape in routes.iter().filter_map(|route| shape_of(route)) {
        let resource = RESOURCES.iter().find(|resource| resource.types == shape.types);
        let Some(schema) = resource.and_then(|resource| schemas.get_mut(&format!("{}Attributes", resource.name)))
        else {
            continue;
        };
        for attribute in shape.attributes {
            if let (Kind::OneOf(words), Some(property)) = (attribute.kind, schema["properties"].get_mut(attribute.name))
            {
                property["enum"] = json!(words);
            }
        }
    }
}

fn shape_of(route: &Route) -> Option<&'static Shape> {
    match route.body {
        Some(RequestBody::Create(shape) | RequestBody::Update(shape)) => Some(shape),
        _ => None,
    }
}

fn operation(route: &Route, prose: &Prose<'_>, generators: &mut Generators) -> Value {
    let tag = route.operation.split('.').next().unwrap_or_default();
    let mut operation = json!({
        "operationId": route.operation,
        "tags": [tag],
        "summary": route.summary,
        "security": match route.access {
            Access::Public => json!([]),
            Access::Token => json!([{ "access_token": [] }]),
            Access::TokenAndPassword => json!([{ "access_token": [], "password": [] }]),
        },
        "responses": responses(route, generators),
    });
    let description = prose.operation(route.operation);
    if !description.is_empty() {
        operation["description"] = description.into();
    }
    let parameters = parameters(route);
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(body) = &route.body {
        let schema = match body {
            RequestBody::Create(shape) => create_schema(shape),
            RequestBody::Update(shape) => update_schema(shape),
            RequestBody::Other(schema) => schema(&mut generators.requests).to_value(),
        };
        let media_type = if tag == "auth" { "application/json" } else { MEDIA_TYPE };
        // Some of the vendor's clients create login keys without a body.
        let required = route.operation != "login_keys.create";
        operation["requestBody"] = json!({ "required": required, "content": { media_type: { "schema": schema } } });
    }
    operation
}

fn create_schema(shape: &Shape) -> Value {
    let is_required = |write| matches!(write, Write::Required | Write::RequiredOnce);
    let attributes = shape.attributes.iter().filter(|attribute| attribute.write != Write::UpdateOnly);
    let required = attributes.clone().filter(|attribute| is_required(attribute.write)).map(|attribute| attribute.name);
    let attributes = members(attributes.map(|attribute| (attribute.name, attribute.kind.schema())), required);
    let required = shape.relationships.iter().filter(|relationship| relationship.required);
    let relationships = members(
        shape.relationships.iter().map(|relationship| (relationship.name, linkage_schema(relationship.name))),
        required.map(|relationship| relationship.name),
    );
    resource_schema(shape, None, attributes, relationships)
}

fn update_schema(shape: &Shape) -> Value {
    let changes = |write| matches!(write, Write::Required | Write::Optional | Write::UpdateOnly);
    let attributes = shape.attributes.iter().filter(|attribute| changes(attribute.write));
    let attributes = members(attributes.map(|attribute| (attribute.name, attribute.kind.schema())), std::iter::empty());
    let targets = shape.relationships.iter().filter(|relationship| relationship.changeable);
    let relationships =
        members(targets.map(|relationship| (relationship.name, linkage_schema(relationship.name))), std::iter::empty());
    let id = json!({ "type": "string", "description": "If given, the id of the path." });
    resource_schema(shape, Some(id), attributes, relationships)
}

fn resource_schema(shape: &Shape, id: Option<Value>, attributes: Value, relationships: Value) -> Value {
    let mut required = vec!["type"];
    let mut properties = Map::new();
    properties.insert("type".into(), json!({ "type": "string", "enum": shape.types }));
    properties.extend(id.map(|id| ("id".to_owned(), id)));
    for (name, schema) in [("attributes", attributes), ("relationships", relationships)] {
        if schema["properties"].as_object().is_some_and(Map::is_empty) {
            continue;
        }
        if schema.get("required").is_some() {
            required.push(name);
        }
        properties.insert(name.into(), schema);
    }
    let data = json!({ "type": "object", "required": required, "properties": properties });
    json!({ "type": "object", "required": ["data"], "properties": { "data": data } })
}

/// An object that has these members and no others.
fn members<'n>(properties: impl Iterator<Item = (&'n str, Value)>, required: impl Iterator<Item = &'n str>) -> Value {
    let properties: Map<String, Value> = properties.map(|(name, schema)| (name.to_owned(), schema)).collect();
    let required: Vec<&str> = required.collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn linkage_schema(relationship: &str) -> Value {
    let types: &[&str] = match relationship {
        "owner" | "account" => &["account"],
        "product" => &["product"],
        "devicegroup" => TYPES,
        "production_target" => &[DeviceGroupType::PreProduction.as_str(), DeviceGroupType::Production.as_str()],
        "dut_target" => &[DeviceGroupType::PreDut.as_str(), DeviceGroupType::Dut.as_str()],
        _ => &[],
    };
    let mut kind = json!({ "type": "string" });
    if !types.is_empty() {
        kind["enum"] = json!(types);
    }
    json!({ "type": "object", "required": ["id"], "properties": { "type": kind, "id": { "type": "string" } } })
}

fn parameters(route: &Route) -> Vec<Value> {
    let mut parameters: Vec<Value> = path_parameters(route.path)
        .map(|name| {
            json!({
                "name": name,
                "in": "path",
                "required": true,
                "description": path_parameter_description(name),
                "schema": { "type": "string", "minLength": 1 },
                "example": if name == "account" { "me" } else { examples::id_of(name) },
            })
        })
        .collect();
    if route.paged {
        for name in ["PageNumber", "PageSize"] {
            parameters.push(json!({ "$ref": format!("#/components/parameters/{name}") }));
        }
    }
    for filter in route.filters {
        let (schema, description) = filter_schema(filter);
        parameters.push(json!({
            "name": format!("filter[{filter}]"),
            "in": "query",
            "description": description,
            "schema": schema,
        }));
    }
    for name in route.parameters {
        let (schema, description) = parameter_schema(name);
        parameters.push(json!({ "name": name, "in": "query", "description": description, "schema": schema }));
    }
    for header in route.headers {
        parameters.push(json!({
            "name": header,
            "in": "header",
            "description": header_description(header),
            "schema": { "type": "string" },
        }));
    }
    parameters
}

/// What a filter takes, and what it finds.
fn filter_schema(name: &str) -> (Value, &'static str) {
    let text = || json!({ "type": "string" });
    match name {
        "owner.id" => (text(), "Id of the account that they belong to; `me` is the caller."),
        "creator.id" => (text(), "Id of the account that made them; `me` is the caller."),
        "flagger.id" => (text(), "Id of the account that flagged them; `me` is the caller."),
        "product.id" => (text(), "Id of their product."),
        "devicegroup.id" => (text(), "Id of their device group."),
        "devicegroup.owner.id" => {
            (text(), "Id of the account to which their device group belongs; `null` finds unassigned devices.")
        }
        "type" => (json!({ "type": "string", "enum": TYPES }), "Their type."),
        "devicegroup.type" => (json!({ "type": "string", "enum": TYPES }), "Type of their device group."),
        "sha" => (text(), "Their `sha`, in any case."),
        "flagged" => (json!({ "type": "string", "enum": ["true", "false", "any"] }), "Whether they are flagged."),
        "tags" => (text(), "Tags that they have, all of them, separated by commas."),
        "action" => (text(), "What was done, for example `product.create`."),
        "target.type" => (text(), "Type of what it was done to, for example `product`."),
        "target.id" => (text(), "Id of what it was done to."),
        _ => (text(), ""),
    }
}

/// What a query parameter takes that is no filter, and what it does.
fn parameter_schema(name: &str) -> (Value, &'static str) {
    let text = || json!({ "type": "string" });
    match name {
        "devicegroup" => (text(), "Id of a device group; name either this or `device`."),
        "device" => (text(), "Device id, MAC address or agent id; name either this or `devicegroup`."),
        "type" => (text(), "Types of the entries wanted, separated by commas; other words are refused."),
        "q" => (text(), "Text that the entries wanted hold in their message, in any case."),
        "format" => {
            (json!({ "type": "string", "enum": ["text", "json"] }), "How the data of a stream's events are written.")
        }
        _ => (text(), ""),
    }
}

fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

fn path_parameter_description(name: &str) -> &'static str {
    match name {
        "account" => "Id, user name or e-mail address of an account; `me` is the caller.",
        "collaborator" => "Id of the collaborating account; `me` is the caller.",
        "device" => "Device id, MAC address or agent id.",
        "login_key" => "The login key, which is its own id.",
        "refresh_token" => "Id of the refresh token, which is not the token.",
        "session" => "Id of the session.",
        "product" => "Id of the product.",
        "devicegroup" => "Id of the device group.",
        "deployment" => "Id of the deployment.",
        "webhook" => "Id of the webhook.",
        "delivery" => "Id of the delivery.",
        "logstream" => "Id of the log stream, which is a secret.",
        "audit_entry" => "Id of the audit entry.",
        _ => "",
    }
}

fn header_description(name: &str) -> &'static str {
    match name {
        "X-Electricimp-OTP-Token" => "A one-time password or a recovery code, for the second step of signing in.",
        "X-Electricimp-Key" => "The account's unbonding key, for production groups.",
        _ => "",
    }
}

fn responses(route: &Route, generators: &mut Generators) -> Value {
    let mut responses = Map::new();
    let success = match route.success {
        200 => "Done.",
        201 => "Made.",
        204 => "Done; there is no body.",
        307 => "Look there.",
        _ => "",
    };
    let mut response = json!({ "description": success, "headers": response_headers(route, route.success) });
    if let Some(schema) = route.answer {
        let media_type = route.media_type.split(';').next().unwrap_or_default();
        response["content"] = json!({ media_type: { "schema": schema(&mut generators.answers).to_value() } });
    }
    if route.streams {
        // A stream does not end by itself, so this schema is of any part of it that ends after an event.
        response["content"][EVENT_STREAM] = json!({ "schema": {
            "type": "string",
            "description": "Server-sent events without end; the description of the operation names them.",
        } });
    }
    responses.insert(route.success.to_string(), response);
    for error in ERRORS.iter().filter(|error| may_fail(route, error.status)) {
        let response = format!("#/components/responses/{}", error.name);
        responses.insert(error.status.to_string(), json!({ "$ref": response }));
    }
    responses.into()
}

/// The APIs, which the gate limits and which read the database for every request.
fn is_api(route: &Route) -> bool {
    route.path.starts_with("/v5") || route.path.starts_with("/impstead/")
}

fn may_fail(route: &Route, status: u16) -> bool {
    route.errors.contains(&status)
        || match status {
            400 => route.body.is_some() || route.paged,
            401 => route.access != Access::Public,
            403 => route.access == Access::TokenAndPassword,
            413 => route.body.is_some(),
            429 | 504 => is_api(route),
            500 | 503 => is_api(route) || route.operation == "operator.readyz",
            _ => false,
        }
}

fn response_headers(route: &Route, status: u16) -> Value {
    let mut headers = Map::new();
    let mut refer = |name: &str| {
        headers.insert(name.to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }));
    };
    refer("X-Request-Id");
    if is_api(route) {
        refer("X-RateLimit-Limit");
        refer("X-RateLimit-Remaining");
        refer("X-RateLimit-Reset");
    }
    if status == 307 {
        refer("Location");
    }
    headers.into()
}

fn headers() -> Value {
    let header = |kind: &str, description: &str| json!({ "description": description, "schema": { "type": kind } });
    json!({
        "X-Request-Id": header("string", "Id of the request: the caller's, if it sent one, or a new one. The log has it too."),
        "X-RateLimit-Limit": header("integer", "Requests that a full bucket allows at once."),
        "X-RateLimit-Remaining": header("integer", "Requests that are left in the bucket."),
        "X-RateLimit-Reset": header("integer", "Seconds until the bucket is full again."),
        "Retry-After": header("integer", "Seconds to wait before trying again."),
        "Allow": header("string", "The methods that the path has."),
        "Location": header("string", "Where to look."),
    })
}

fn error_responses() -> Value {
    let response = |error: &errors::ErrorStatus| {
        let codes: Vec<String> =
            error.codes.iter().map(|(code, title, when)| format!("- `{code}` *{title}*: {when}")).collect();
        let mut headers = json!({ "X-Request-Id": { "$ref": "#/components/headers/X-Request-Id" } });
        match error.status {
            429 | 503 => headers["Retry-After"] = json!({ "$ref": "#/components/headers/Retry-After" }),
            405 => headers["Allow"] = json!({ "$ref": "#/components/headers/Allow" }),
            _ => {}
        }
        let (code, title, detail) = error.codes[0];
        json!({
            "description": format!("{}\n\n{}", error.description, codes.join("\n")),
            "headers": headers,
            "content": { MEDIA_TYPE: {
                "schema": { "$ref": "#/components/schemas/ErrorDocument" },
                "example": { "errors": [{
                    "id": "5b0f3c1e-8a72-4d96-bc40-9e1f7a6d2b38",
                    "status": error.status.to_string(),
                    "code": code,
                    "title": title,
                    "detail": detail,
                }] },
            } },
        })
    };
    ERRORS.iter().map(|error| (error.name.to_owned(), response(error))).collect::<Map<_, _>>().into()
}

fn page_parameters() -> Value {
    let parameter = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "query", "description": description, "schema": schema });
    json!({
        "PageNumber": parameter("page[number]", "The page wanted.", json!({ "type": "integer", "minimum": 1, "default": 1 })),
        "PageSize": parameter(
            "page[size]",
            "Items on a page; more than 100 count as 100.",
            json!({ "type": "integer", "minimum": 1, "default": 20 }),
        ),
    })
}

/// Gives attributes of requests the descriptions that they have in answers.
fn describe_attributes(operation: &mut Value, schemas: &Map<String, Value>) {
    let contents = operation.get_mut("requestBody").and_then(|body| body["content"].as_object_mut());
    let Some((_, content)) = contents.and_then(|contents| contents.iter_mut().next()) else { return };
    let Some(data) = content.pointer_mut("/schema/properties/data/properties") else { return };
    let types = data.get("type").and_then(|kind| kind.get("enum"));
    let Some(resource) = RESOURCES.iter().find(|resource| types == Some(&json!(resource.types))) else { return };
    for (part, suffix) in [("attributes", "Attributes"), ("relationships", "Relationships")] {
        let Some(described) = schemas.get(&format!("{}{suffix}", resource.name)) else { continue };
        let members = data.get_mut(part).and_then(|part| part["properties"].as_object_mut());
        for (name, schema) in members.into_iter().flatten() {
            if let Some(description) = described["properties"][name].get("description") {
                schema["description"] = description.clone();
            }
        }
    }
}

fn add_examples(operation: &mut Value, examples: &Examples<'_>) {
    let add = |contents: Option<&mut Value>| {
        for content in contents.and_then(Value::as_object_mut).into_iter().flat_map(|contents| contents.values_mut()) {
            let is_document = content["schema"]["type"] != "string" && examples.operation != "documentation.openapi";
            if is_document {
                content["example"] = examples.of(&content["schema"]);
            }
        }
    };
    // The statuses are sorted: the first one is that of success.
    let success = operation["responses"].as_object_mut().into_iter().flatten().next();
    add(success.and_then(|(_, response)| response.get_mut("content")));
    add(operation.get_mut("requestBody").and_then(|body| body.get_mut("content")));
}

/// Says which operations take the id of what this one makes.
fn add_links(operation: &mut Value, route: &Route, routes: &[Route]) {
    let makes = route.success == 201 && matches!(route.body, Some(RequestBody::Create(_)));
    if !makes || path_parameters(route.path).next().is_some() {
        return;
    }
    let mut links = Map::new();
    for other in routes {
        let Some(rest) = other.path.strip_prefix(route.path).and_then(|rest| rest.strip_prefix("/{")) else { continue };
        if let Some((parameter, _)) = rest.split_once('}') {
            links.insert(
                other.operation.replace('.', "_"),
                json!({ "operationId": other.operation, "parameters": { parameter: "$response.body#/data/id" } }),
            );
        }
    }
    operation["responses"]["201"]["links"] = links.into();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn here() -> Value {
        document("http://127.0.0.1:8080")
    }

    fn every(value: &Value, visit: &mut impl FnMut(&Map<String, Value>)) {
        match value {
            Value::Object(object) => {
                visit(object);
                object.values().for_each(|value| every(value, visit));
            }
            Value::Array(items) => items.iter().for_each(|value| every(value, visit)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = here();
        let mut references = HashSet::new();
        every(&document, &mut |object| {
            if let Some(Value::String(path)) = object.get("$ref") {
                references.insert(path.clone());
            }
        });
        assert!(references.len() > 50, "{references:?}");
        for path in references {
            assert!(document.pointer(path.strip_prefix('#').unwrap()).is_some(), "{path}");
        }
    }

    #[test]
    fn every_operation_and_tag_has_its_place_in_the_prose() {
        let prose = Prose::parse(PROSE);
        let routes = routes();
        let in_prose: HashSet<&str> = prose.operations.iter().map(|(operation, _)| *operation).collect();
        let in_routes: HashSet<&str> = routes.iter().map(|route| route.operation).collect();
        assert_eq!(in_routes.len(), routes.len(), "operations have names of their own");
        assert_eq!(in_prose, in_routes, "each route has a heading in operations.md");
        let tags: HashSet<&str> = routes.iter().filter_map(|route| route.operation.split('.').next()).collect();
        assert_eq!(prose.tags.iter().map(|(tag, _)| *tag).collect::<HashSet<_>>(), tags);
        assert!(prose.tags.iter().all(|(_, text)| !text.is_empty()));
    }

    #[test]
    fn every_parameter_is_described_and_every_resource_named() {
        let document = here();
        every(&document["paths"], &mut |object| {
            if object.contains_key("in") {
                assert!(!object["description"].as_str().unwrap().is_empty(), "{object:?}");
            }
        });
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            let is_resource = schema["properties"].get("attributes").is_some();
            let described = RESOURCES.iter().any(|resource| resource.name == name);
            assert_eq!(is_resource, described, "{name}");
            assert!(!name.contains("_for_"), "{name}");
        }
    }

    /// Examples hold what the schemas require, of the right types; nothing else looks at them.
    #[test]
    fn examples_are_what_their_schemas_say() {
        let document = here();
        let mut seen = 0;
        every(&document, &mut |object| {
            if let (Some(example), Some(schema)) = (object.get("example"), object.get("schema")) {
                fits(&document, example, schema);
                seen += 1;
            }
        });
        assert!(seen > 80, "{seen}");
    }

    fn fits(document: &Value, value: &Value, schema: &Value) {
        if let Some(path) = schema["$ref"].as_str() {
            return fits(document, value, document.pointer(&path[1..]).unwrap());
        }
        if let Some(alternatives) = schema["anyOf"].as_array() {
            return fits(document, value, &alternatives[usize::from(value.is_null())]);
        }
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let types = &schema["type"];
        assert!(
            types.is_null() || types == kind || types.as_array().is_some_and(|all| all.contains(&kind.into())),
            "{value} is not {types}"
        );
        if let Some(words) = schema["enum"].as_array() {
            assert!(words.contains(value), "{value} is none of {words:?}");
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(value.get(name.as_str().unwrap()).is_some(), "{value} lacks {name}");
        }
        for (name, member) in value.as_object().into_iter().flatten() {
            match schema["properties"].get(name) {
                Some(schema) => fits(document, member, schema),
                None => assert_ne!(schema["additionalProperties"], false, "{name} is not foreseen"),
            }
        }
        for item in value.as_array().into_iter().flatten() {
            fits(document, item, &schema["items"]);
        }
    }
}
