//! The prose of the documentation: `operations.md`, cut at its headings.

/// What people read in the OpenAPI document, beside what the table of routes says. CommonMark.
pub struct Prose<'t> {
    /// Text before the first heading: what the API is.
    pub introduction: &'t str,
    /// Tags and what they are about, in order.
    pub tags: Vec<(&'t str, &'t str)>,
    /// Operations and more about them, in order.
    pub operations: Vec<(&'t str, &'t str)>,
}

impl<'t> Prose<'t> {
    /// Cuts a text whose tags stand in headings of the first level and operations in headings of the second.
    pub fn parse(text: &'t str) -> Self {
        let mut parts = text.split("\n# ");
        let introduction = parts.next().unwrap_or_default().trim();
        let (mut tags, mut operations) = (Vec::new(), Vec::new());
        for part in parts {
            let mut sections = part.split("\n## ").map(heading);
            tags.extend(sections.next());
            operations.extend(sections);
        }
        Self { introduction, tags, operations }
    }

    /// Returns what is written about an operation; empty where its summary says it all.
    pub fn operation(&self, id: &str) -> &'t str {
        self.operations.iter().find(|(operation, _)| *operation == id).map_or("", |(_, text)| text)
    }
}

fn heading(section: &str) -> (&str, &str) {
    let (heading, text) = section.split_once('\n').unwrap_or((section, ""));
    (heading.trim(), text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_its_headings() {
        let prose = Prose::parse("Hello.\n\n# a\n\nTag.\n\n## a.list\n\nOne.\nTwo.\n\n## a.show\n\n# b\n\n## b.list\n");
        assert_eq!(prose.introduction, "Hello.");
        assert_eq!(prose.tags, [("a", "Tag."), ("b", "")]);
        assert_eq!(prose.operations, [("a.list", "One.\nTwo."), ("a.show", ""), ("b.list", "")]);
    }
}
