//! Lists: fetched page by page, with a sign of life if that takes long.

use super::{json::indented, table::Table};
use crate::{context::Context, failure::Failure, session::Session};
use futures_util::TryStreamExt;
use impstead_client::{Entity, Listing};
use serde::de::DeserializeOwned;

/// Fetches a whole list.
///
/// `things` is what its items are called.
pub async fn fetch<T>(listing: Listing<T>, things: &str, context: &mut Context) -> Result<Vec<Entity<T>>, Failure>
where
    T: DeserializeOwned + Send + 'static,
{
    let mut items = Vec::new();
    let mut progress = Progress::new(things);
    let mut pages = listing.pages();
    while let Some(page) = pages.try_next().await.inspect_err(|_| progress.clear(context))? {
        items.extend(page.items);
        if page.links.next.is_some() {
            progress.show(items.len(), context);
        }
    }
    progress.clear(context);
    Ok(items)
}

/// Prints a list as a JSON array, item by item as they come, or says that it is empty.
///
/// Holds one page in memory. Should the list break off, then so does the array: what is not whole shall not look whole.
pub async fn print_json<T>(listing: Listing<T>, things: &str, context: &mut Context) -> Result<(), Failure>
where
    T: DeserializeOwned + Send + 'static,
{
    let mut count = 0;
    let mut items = listing.stream();
    while let Some(item) = items.try_next().await.inspect_err(|_| {
        if count > 0 {
            let _ = writeln!(context.stdout);
        }
    })? {
        let before = if count == 0 { "[" } else { "," };
        write!(context.stdout, "{before}\n  {}", indented(item.raw().get(), 1))?;
        count += 1;
    }
    if count == 0 {
        writeln!(context.stdout, "[]")?;
        writeln!(context.stderr, "No {things}.")?;
    } else {
        writeln!(context.stdout, "\n]")?;
    }
    Ok(())
}

impl Session<'_> {
    /// Prints one resource as JSON.
    pub fn print_json<T>(&mut self, entity: &Entity<T>) -> Result<(), Failure> {
        Ok(writeln!(self.context.stdout, "{}", indented(entity.raw().get(), 0))?)
    }

    /// Prints several resources as a JSON array.
    pub fn print_json_array<T>(&mut self, entities: &[Entity<T>]) -> Result<(), Failure> {
        let texts: Vec<_> = entities.iter().map(|entity| entity.raw().get()).collect();
        Ok(writeln!(self.context.stdout, "{}", indented(&format!("[{}]", texts.join(",")), 0))?)
    }

    /// Prints a table, or says that there is nothing to print.
    pub fn print_table<const N: usize>(&mut self, table: &Table<N>, things: &str) -> Result<(), Failure> {
        if table.is_empty() {
            return self.note(&format!("No {things}."));
        }
        let text = table.render(&self.context.environment);
        Ok(self.context.stdout.write_all(text.as_bytes())?)
    }
}

/// A line on the terminal that says how many items there are so far.
struct Progress<'a> {
    things: &'a str,
    shown: usize,
}

impl<'a> Progress<'a> {
    const fn new(things: &'a str) -> Self {
        Self { things, shown: 0 }
    }

    fn show(&mut self, count: usize, context: &mut Context) {
        if !context.environment.stderr_is_terminal {
            return;
        }
        let line = format!("{count} {} so far …", self.things);
        self.shown = line.chars().count();
        // Only a courtesy: the command does its work without it.
        let _ = write!(context.stderr, "\r{line}").and_then(|()| context.stderr.flush());
    }

    fn clear(&mut self, context: &mut Context) {
        if self.shown > 0 {
            let _ = write!(context.stderr, "\r{}\r", " ".repeat(self.shown)).and_then(|()| context.stderr.flush());
            self.shown = 0;
        }
    }
}
