//! `GET /docs`: the OpenAPI document as a page that people read, without scripts and without other servers.

mod html;
mod samples;

use crate::{
    App,
    openapi::{CACHE_CONTROL, ERRORS, RESOURCES, document},
};
use axum::{
    extract::State,
    http::header::{self, HeaderName},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use html::{escape, markdown, markdown_inline};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;

const PAGE: &str = include_str!("reference/page.html");
const STYLE: &str = include_str!("reference/style.css");

/// Methods in the order in which a path's operations are shown.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The three parts of the contents, by how their paths begin.
const PARTS: [(&str, &str); 3] = [("/v5", "impCentral API v5"), ("/impstead/v1", "Impstead API"), ("/", "Server")];

/// `GET /docs`
pub async fn show(State(app): State<App>) -> Response {
    let page = || Bytes::from(page(&document(&app.config.public_url)));
    let page = app.documentation.reference.get_or_init(page).clone();
    // Nothing but the page's own style sheet, known by its hash, and the icon in the page.
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        STANDARD.encode(Sha256::digest(STYLE.as_bytes()))
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, CACHE_CONTROL),
        (header::REFERRER_POLICY, "no-referrer"),
        // Pages that it opens, or that open it, get no hold of it: not even to lead it elsewhere.
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    (headers, [(header::CONTENT_SECURITY_POLICY, policy)], page).into_response()
}

/// `GET /`: goes to the reference.
pub async fn index() -> Redirect {
    Redirect::temporary("/docs")
}

/// Writes the page of an OpenAPI document.
fn page(document: &Value) -> String {
    let info = &document["info"];
    let groups = groups(document);
    let fill = |placeholder: &str| match placeholder {
        "style" => STYLE.to_owned(),
        "title" => escape(text(&info["title"])),
        "version" => escape(text(&info["version"])),
        "summary" => escape(text(&info["summary"])),
        "license" => escape(text(&info["license"]["name"])),
        "source" => escape(text(&document["externalDocs"]["url"])),
        "introduction" => markdown(text(&info["description"])),
        "start" => samples::start(text(&document["servers"][0]["url"])),
        "contents" => contents(&groups),
        "operations" => groups.iter().map(|group| group_section(document, group)).collect(),
        "resources" => resources(document),
        "errors" => errors(),
        _ => String::new(),
    };
    let mut page = String::with_capacity(512 << 10);
    let mut parts = PAGE.split("{{");
    page.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (placeholder, rest) = part.split_once("}}").expect("the template closes what it opens");
        page.push_str(&fill(placeholder));
        page.push_str(rest);
    }
    page
}

/// A tag with its operations.
struct Group<'d> {
    name: &'d str,
    description: &'d str,
    /// Which of [`PARTS`] it belongs to.
    part: usize,
    operations: Vec<Operation<'d>>,
}

struct Operation<'d> {
    id: &'d str,
    method: &'static str,
    path: &'d str,
    value: &'d Value,
}

fn groups<'d>(document: &'d Value) -> Vec<Group<'d>> {
    let all: Vec<Operation<'_>> = document["paths"]
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(path, item)| METHODS.iter().map(move |&method| (method, path, item)))
        .filter_map(|(method, path, item)| {
            let value = item.get(method)?;
            Some(Operation { id: text(&value["operationId"]), method, path, value })
        })
        .collect();
    let group = |tag: &'d Value| {
        let (name, description) = (text(&tag["name"]), text(&tag["description"]));
        let operations = all.iter().filter(|operation| operation.value["tags"][0] == name);
        let operations: Vec<_> =
            operations.map(|&Operation { value, id, method, path }| Operation { id, method, path, value }).collect();
        let path = operations.first().map_or("/", |operation| operation.path);
        let part = PARTS.iter().position(|(prefix, _)| path.starts_with(prefix)).unwrap_or_default();
        Group { name, description, part, operations }
    };
    items(&document["tags"]).map(group).collect()
}

fn contents(groups: &[Group<'_>]) -> String {
    let mut html = String::new();
    for (index, (_, title)) in PARTS.iter().enumerate() {
        let _ = write!(html, "<h2>{title}</h2><ul>");
        for group in groups.iter().filter(|group| group.part == index) {
            let _ = write!(html, "<li class=\"tag\"><a href=\"#{}\">{}</a><ul>", group.name, title_of(group.name));
            for Operation { id, method, value, .. } in &group.operations {
                let _ = write!(
                    html,
                    "<li><a href=\"#{id}\"><span class=\"method {method}\">{}</span><span>{}</span></a></li>",
                    short(method),
                    escape(&text(&value["summary"]).replace('`', ""))
                );
            }
            html.push_str("</ul></li>");
        }
        html.push_str("</ul>");
    }
    html.push_str("<h2>Reference</h2><ul><li class=\"tag\"><a href=\"#resources\">Resources</a><ul>");
    for resource in RESOURCES {
        let _ = write!(html, "<li><a href=\"#{}\">{}</a></li>", resource.name, words(resource.name));
    }
    html.push_str("</ul></li><li class=\"tag\"><a href=\"#errors\">Errors</a></li></ul>");
    html
}

/// The method as the narrow contents show it.
fn short(method: &str) -> String {
    if method == "delete" { "DEL".into() } else { method.to_ascii_uppercase() }
}

fn heading(level: u8, id: &str, title: &str) -> String {
    format!(
        "<div class=\"heading\"><h{level}>{title}</h{level}><a class=\"anchor\" href=\"#{id}\" aria-label=\"Link to this section\">#</a></div>"
    )
}

fn group_section(document: &Value, group: &Group<'_>) -> String {
    let mut html = format!(
        "<section class=\"group\" id=\"{}\">{}{}",
        group.name,
        heading(2, group.name, &title_of(group.name)),
        markdown(group.description)
    );
    for operation in &group.operations {
        html.push_str(&operation_section(document, operation));
    }
    html.push_str("</section>\n");
    html
}

fn operation_section(document: &Value, operation: &Operation<'_>) -> String {
    let Operation { id, method, path, value } = operation;
    let mut html = format!(
        "<section class=\"operation with-examples\" id=\"{id}\"><div>{}<p class=\"endpoint\"><span class=\"method {method}\">{}</span><span class=\"path\">{}</span>{}</p>{}",
        heading(3, id, &markdown_inline(text(&value["summary"]))),
        method.to_ascii_uppercase(),
        path_html(path),
        access(value),
        markdown(text(value.get("description").unwrap_or(&Value::Null))),
    );
    html.push_str(&parameters(document, value));
    html.push_str(&body(value));
    html.push_str(&answers(value));
    let _ = write!(
        html,
        "</div><div class=\"examples\">{}{}</div></section>",
        samples::request(document, method, path, value),
        samples::answer(value)
    );
    html
}

fn access(operation: &Value) -> String {
    let security = &operation["security"][0];
    let label = match (security.get("access_token").is_some(), security.get("password").is_some()) {
        (true, true) => "access token and password",
        (true, false) => "access token",
        _ => "public",
    };
    format!("<span class=\"access\">{label}</span>")
}

/// Sets parameters off and lets long paths break at slashes.
fn path_html(path: &str) -> String {
    escape(path).replace('/', "/<wbr>").replace('{', "<i>{").replace('}', "}</i>")
}

fn parameters(document: &Value, operation: &Value) -> String {
    let all: Vec<&Value> = items(&operation["parameters"]).map(|parameter| resolve(document, parameter)).collect();
    let mut html = String::new();
    for (place, title) in [("path", "Path"), ("query", "Query"), ("header", "Headers")] {
        let rows: Vec<Row> = all
            .iter()
            .filter(|parameter| parameter["in"] == place)
            .map(|parameter| Row {
                name: text(&parameter["name"]).to_owned(),
                kind: kind(&parameter["schema"]),
                required: false,
                description: text(&parameter["description"]).to_owned(),
            })
            .collect();
        html.push_str(&table(title, "Name", &rows));
    }
    html
}

/// The request's body, attribute by attribute.
fn body(operation: &Value) -> String {
    let Some((_, content)) = first(&operation["requestBody"]["content"]) else { return String::new() };
    let schema = &content["schema"];
    let mut html = String::new();
    for schema in schema["anyOf"].as_array().map_or(vec![schema], |all| all.iter().collect()) {
        let members = &schema["properties"]["data"]["properties"];
        let types = members["type"].get("enum");
        if types.is_none() {
            html.push_str(&table(if html.is_empty() { "Body" } else { "Or" }, "Name", &rows(schema)));
            continue;
        }
        let _ = write!(
            html,
            "<h4>Body</h4><p>A document whose <code>data.type</code> is {}.</p>",
            markdown_inline(&kind(&members["type"]))
        );
        html.push_str(&table("Attributes", "Name", &rows(&members["attributes"])));
        html.push_str(&table("Relationships", "Name", &rows(&members["relationships"])));
    }
    html
}

fn answers(operation: &Value) -> String {
    let mut html = String::from("<h4>Answers</h4><ul class=\"answers\">");
    for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
        if let Some(error) =
            ERRORS.iter().find(|error| answer.get("$ref").is_some() && error.status.to_string() == *status)
        {
            let _ = write!(
                html,
                "<li class=\"bad\"><a href=\"#error-{status}\"><b>{status}</b> {}</a></li>",
                words(error.name)
            );
            continue;
        }
        let schema = first(&answer["content"])
            .map(|(_, content)| text(&content["schema"]["$ref"]).rsplit('/').next().unwrap_or_default());
        let name = schema.unwrap_or_default();
        let (resource, what) = match (name.strip_suffix("Document"), name.strip_suffix("List")) {
            (Some(resource), _) => (resource, words(resource)),
            (_, Some(resource)) => (resource, format!("a page of {}", words(resource))),
            _ if !name.is_empty() => ("", words(name)),
            _ => ("", text(&answer["description"]).trim_end_matches('.').to_owned()),
        };
        let _ = if RESOURCES.iter().any(|known| known.name == resource) {
            write!(html, "<li class=\"good\"><a href=\"#{resource}\"><b>{status}</b> {}</a></li>", escape(&what))
        } else {
            write!(html, "<li class=\"good\"><span><b>{status}</b> {}</span></li>", escape(&what))
        };
    }
    html.push_str("</ul>");
    html
}

fn resources(document: &Value) -> String {
    let schemas = &document["components"]["schemas"];
    let mut html = format!(
        "<section class=\"group\" id=\"resources\">{}<p>What answers hold. Attributes marked <em>sometimes</em> are absent where their description says so.</p>",
        heading(2, "resources", "Resources")
    );
    for resource in RESOURCES {
        let schema = &schemas[resource.name];
        if schema.is_null() {
            continue;
        }
        let types: Vec<String> = items(&schema["properties"]["type"]["enum"])
            .map(|kind| format!("<code>{}</code>", escape(text(kind))))
            .collect();
        let _ = write!(
            html,
            "<section class=\"resource\" id=\"{}\">{}<p>{}</p><p>Type {}</p>",
            resource.name,
            heading(3, resource.name, &words(resource.name)),
            markdown_inline(text(&schema["description"])),
            types.join(", ")
        );
        for (part, title) in [("attributes", "Attributes"), ("relationships", "Relationships")] {
            let schema = resolve(document, &schema["properties"][part]);
            html.push_str(&table(title, "Name", &answer_rows(schema)));
        }
        html.push_str("</section>");
    }
    html.push_str("</section>\n");
    html
}

fn errors() -> String {
    let mut html = format!(
        "<section class=\"group\" id=\"errors\">{}<p>A failed request has a body with at least one entry. <code>code</code> is for programs, <code>detail</code> for people; <code>id</code> is the request's, as in the server's log.</p>",
        heading(2, "errors", "Errors")
    );
    for error in ERRORS {
        let rows: Vec<Row> = error
            .codes
            .iter()
            .map(|(code, title, when)| Row {
                name: (*code).to_owned(),
                kind: (*title).to_owned(),
                required: false,
                description: (*when).to_owned(),
            })
            .collect();
        let id = format!("error-{}", error.status);
        let _ = write!(
            html,
            "<section class=\"status\" id=\"{id}\">{}<p>{}</p>{}</section>",
            heading(3, &id, &format!("{} {}", error.status, words(error.name))),
            markdown_inline(error.description),
            table("", "Code", &rows)
        );
    }
    html.push_str("</section>\n");
    html
}

/// A row of a table: a parameter, an attribute, a code.
struct Row {
    name: String,
    kind: String,
    required: bool,
    description: String,
}

/// The members of an object's schema, the required ones first.
fn rows(schema: &Value) -> Vec<Row> {
    let (mut required, optional) = members(schema);
    required.extend(optional);
    required
}

/// The same for an answer, where it is remarkable that a member is not always there.
fn answer_rows(schema: &Value) -> Vec<Row> {
    let (mut always, sometimes) = members(schema);
    for row in &mut always {
        row.required = false;
    }
    always.extend(sometimes.into_iter().map(|row| Row { kind: format!("{}, sometimes", row.kind), ..row }));
    always
}

fn members(schema: &Value) -> (Vec<Row>, Vec<Row>) {
    let row = |name: &str, schema: &Value, required| Row {
        name: name.to_owned(),
        kind: kind(schema),
        required,
        description: text(schema.get("description").unwrap_or(&Value::Null)).to_owned(),
    };
    let properties = &schema["properties"];
    let required: Vec<&str> = items(&schema["required"]).map(text).collect();
    let optional = properties.as_object().into_iter().flatten().filter(|(name, _)| !required.contains(&name.as_str()));
    (
        required.iter().map(|name| row(name, &properties[*name], true)).collect(),
        optional.map(|(name, schema)| row(name, schema, false)).collect(),
    )
}

fn table(title: &str, name: &str, rows: &[Row]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut html = String::new();
    if !title.is_empty() {
        let _ = write!(html, "<h4>{title}</h4>");
    }
    let _ = write!(
        html,
        "<div class=\"table\"><table><thead><tr><th scope=\"col\">{name}</th><th scope=\"col\">Meaning</th></tr></thead><tbody>"
    );
    for Row { name, kind, required, description } in rows {
        let required = if *required { " <span class=\"required\">required</span>" } else { "" };
        let _ = write!(
            html,
            "<tr><td><code>{}</code>{required}<span class=\"type\">{}</span></td><td><p>{}</p></td></tr>",
            escape(name),
            markdown_inline(kind),
            markdown_inline(description)
        );
    }
    html.push_str("</tbody></table></div>");
    html
}

/// Says in a few words what a schema allows.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return match name {
            "Timestamp" => "timestamp".into(),
            "Linkage" => "relationship".into(),
            name => words(name),
        };
    }
    if let Some(all) = schema["enum"].as_array() {
        let all: Vec<String> = all.iter().map(|word| format!("`{}`", text(word))).collect();
        return if all.len() == 1 { all[0].clone() } else { format!("one of {}", all.join(", ")) };
    }
    if let Some(all) = schema["anyOf"].as_array() {
        let all: Vec<String> = all.iter().map(kind).collect();
        return all.join(" or ");
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(all) => all.iter().map(text).collect(),
        one => vec![text(one)],
    };
    let is_linkage =
        schema["properties"].as_object().is_some_and(|members| members.len() == 2 && members.contains_key("id"));
    let name = |kind: &&str| match *kind {
        "array" => format!("array of {}", kind_in_plural(&schema["items"])),
        "object" if is_linkage => "relationship".to_owned(),
        "" => "any".to_owned(),
        kind => kind.to_owned(),
    };
    let mut words = types.iter().map(name).collect::<Vec<_>>().join(" or ");
    let limit = |name: &str| schema[name].as_u64();
    match (limit("minLength").filter(|&min| min > 1 || limit("maxLength").is_some()), limit("maxLength")) {
        (Some(min), Some(max)) if min == max => _ = write!(words, ", {min} characters"),
        (Some(min), Some(max)) => _ = write!(words, ", {min} to {max} characters"),
        (None, Some(max)) => _ = write!(words, ", at most {max} characters"),
        _ => {}
    }
    if let Some(default) = schema.get("default").and_then(Value::as_i64) {
        let _ = write!(words, ", by default {default}");
    }
    words
}

fn kind_in_plural(schema: &Value) -> String {
    let kind = kind(schema);
    if kind == "any" { kind } else { format!("{kind}s") }
}

/// Writes a tag as a title.
fn title_of(tag: &str) -> String {
    match tag {
        "auth" => "Signing in".into(),
        "devicegroups" => "Device groups".into(),
        "totp" => "Second factor".into(),
        "audit" => "Audit log".into(),
        tag => {
            let words = tag.replace('_', " ");
            let (first, rest) = words.split_at(1);
            format!("{}{rest}", first.to_ascii_uppercase())
        }
    }
}

/// Writes the name of a schema in words.
fn words(name: &str) -> String {
    match name {
        "Totp" => return "Second factor".into(),
        "Audit" => return "Audit entry".into(),
        _ => {}
    }
    let mut words = String::new();
    for (index, character) in name.chars().enumerate() {
        if index > 0 && character.is_ascii_uppercase() {
            words.push(' ');
            words.push(character.to_ascii_lowercase());
        } else {
            words.push(character);
        }
    }
    words
}

fn resolve<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str().and_then(|path| path.strip_prefix('#')) {
        Some(pointer) => document.pointer(pointer).unwrap_or(&Value::Null),
        None => value,
    }
}

fn first(value: &Value) -> Option<(&String, &Value)> {
    value.as_object().and_then(|object| object.iter().next())
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_anchor_leads_somewhere_and_is_unique() {
        let page = page(&document("http://127.0.0.1:8080"));
        let values = |attribute: &str| -> Vec<String> {
            page.split(attribute).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
        };
        let ids = values(" id=\"");
        let unique: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len());
        for anchor in values("href=\"#") {
            assert!(unique.contains(&anchor), "{anchor}");
        }
        assert!(!page.contains("{{") && !page.contains("style=\"") && !page.contains("<script"));
    }
}
