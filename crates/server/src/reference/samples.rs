//! Samples beside an operation: how to call it, and what it answers.

use super::{first, html::escape, text};
use crate::openapi::Examples;
use serde_json::{Map, Value};

/// Shows the first three calls that anybody makes.
pub fn start(public_url: &str) -> String {
    let commands = format!(
        "# Sign in, and keep the access token.\n\
         TOKEN=$(curl {public_url}/v5/auth \\\n  -d '{{\"id\": \"grower\", \"password\": \"…\"}}' \\\n  | jq -r .access_token)\n\n\
         # Who am I?\n\
         curl {public_url}/v5/accounts/me \\\n  -H \"Authorization: Bearer $TOKEN\"\n\n\
         # What have I got?\n\
         curl {public_url}/v5/devices \\\n  -H \"Authorization: Bearer $TOKEN\"",
    );
    figure("The first calls", "curl", &escape(&commands))
}

/// Shows how to call an operation with curl.
pub fn request(document: &Value, method: &str, path: &str, operation: &Value) -> String {
    let public_url = text(&document["servers"][0]["url"]);
    let examples = Examples { schemas: &Map::new(), public_url, path, operation: "" };
    let mut command = String::from("curl");
    if method != "get" {
        command.extend([" -X ", &method.to_ascii_uppercase()]);
    }
    command.extend([" ", public_url, &examples.concrete_path()]);
    let security = &operation["security"][0];
    if security.get("access_token").is_some() {
        command += " \\\n  -H \"Authorization: Bearer $TOKEN\"";
    }
    if security.get("password").is_some() {
        command += " \\\n  -H \"X-Electricimp-Password: $PASSWORD\"";
    }
    let mut html = escape(&command);
    if let Some((media_type, content)) = first(&operation["requestBody"]["content"]) {
        html += &escape(&format!(" \\\n  -H 'Content-Type: {media_type}' \\\n  -d '"));
        html += &json(&content["example"]).replace("&#39;", "&#39;\\&#39;&#39;");
        html += "&#39;";
    }
    figure("Request", "curl", &html)
}

/// Shows what an operation answers; nothing where the answer has no body of note.
pub fn answer(operation: &Value) -> String {
    let Some((status, answer)) = first(&operation["responses"]) else { return String::new() };
    match first(&answer["content"]) {
        Some((media_type, content)) if content.get("example").is_some() => {
            figure(&format!("Answer {status}"), media_type, &json(&content["example"]))
        }
        _ => String::new(),
    }
}

fn figure(title: &str, note: &str, html: &str) -> String {
    format!(
        "<figure class=\"example\"><figcaption><span>{}</span><span>{}</span></figcaption><pre tabindex=\"0\" role=\"region\" aria-label=\"{}\">{html}</pre></figure>",
        escape(title),
        escape(note),
        escape(title),
    )
}

/// Writes JSON with its members in the order of the API's documents, and coloured.
fn json(value: &Value) -> String {
    let mut html = String::new();
    write(&mut html, value, 0);
    html
}

fn write(html: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| rank(name));
            let write_member = |html: &mut String, (name, value): (&String, &Value)| {
                html.extend(["<span class=\"k\">", &escape(&Value::from(name.as_str()).to_string()), "</span>: "]);
                write(html, value, depth + 1);
            };
            enclosed(html, ('{', '}'), depth, members, write_member);
        }
        Value::Array(items) if !items.is_empty() => {
            enclosed(html, ('[', ']'), depth, items.iter().collect(), |html, item| write(html, item, depth + 1));
        }
        Value::String(_) => html.extend(["<span class=\"s\">", &escape(&value.to_string()), "</span>"]),
        Value::Object(_) | Value::Array(_) => html.push_str(&value.to_string()),
        _ => html.extend(["<span class=\"n\">", &value.to_string(), "</span>"]),
    }
}

fn enclosed<T>(
    html: &mut String,
    (open, close): (char, char),
    depth: usize,
    items: Vec<T>,
    mut write_item: impl FnMut(&mut String, T),
) {
    html.push(open);
    for (index, item) in items.into_iter().enumerate() {
        html.push_str(if index == 0 { "\n" } else { ",\n" });
        html.push_str(&"  ".repeat(depth + 1));
        write_item(html, item);
    }
    html.push('\n');
    html.push_str(&"  ".repeat(depth));
    html.push(close);
}

/// The API's documents begin with these members; others follow by name, times last.
fn rank(name: &str) -> usize {
    const FIRST: [&str; 11] = [
        "data",
        "type",
        "id",
        "self",
        "first",
        "name",
        "attributes",
        "relationships",
        "owner",
        "access_token",
        "refresh_token",
    ];
    match FIRST.iter().position(|first| *first == name) {
        Some(rank) => rank,
        None if name == "links" => 3,
        None if name.ends_with("_at") => 100,
        None => 50,
    }
}
