//! Text as HTML: escaping, and the little Markdown that the documentation uses.

/// Escapes text for element content and attribute values.
pub fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            character => html.push(character),
        }
    }
    html
}

/// Writes paragraphs and lists.
pub fn markdown(text: &str) -> String {
    let block = |block: &str| match block.strip_prefix("- ") {
        Some(items) => {
            let items = items.split("\n- ").map(|item| format!("<li>{}</li>", markdown_inline(item)));
            format!("<ul>{}</ul>", items.collect::<String>())
        }
        None => format!("<p>{}</p>", markdown_inline(block)),
    };
    text.split("\n\n").map(str::trim).filter(|text| !text.is_empty()).map(block).collect()
}

/// Writes `code`, **strong** and *emphasised* text.
pub fn markdown_inline(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for (index, part) in text.split('`').enumerate() {
        if index % 2 == 1 {
            html.extend(["<code>", &escape(part), "</code>"]);
            continue;
        }
        let strong = paired(&escape(part), "**", "strong");
        html.push_str(&paired(&strong, "*", "em"));
    }
    html
}

/// Puts what stands between pairs of a mark into an element.
fn paired(text: &str, mark: &str, element: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for (index, part) in text.split(mark).enumerate() {
        match index {
            0 => {}
            index if index % 2 == 1 => html.extend(["<", element, ">"]),
            _ => html.extend(["</", element, ">"]),
        }
        html.push_str(part);
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_of_the_text_is_escaped_and_ours_is_not() {
        assert_eq!(
            markdown("One **two** *three* `<a> * b`\n& four.\n\n- x\n- `y`"),
            "<p>One <strong>two</strong> <em>three</em> <code>&lt;a&gt; * b</code>\n&amp; four.</p><ul><li>x</li><li><code>y</code></li></ul>"
        );
        assert_eq!(escape("\"'"), "&quot;&#39;");
    }
}
