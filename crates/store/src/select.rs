//! Lists: filters, scope and pages.

use crate::{
    StoreError,
    conn::{Conn, Param, Row},
};
use impstead_model::{AccountId, DeviceGroupType, Reach, Right, Role, Side};

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Number of the page, from 1.
    pub number: i64,
    /// Items on a page, 1 to 100.
    pub size: i64,
}

impl Page {
    pub(crate) fn offset(self) -> i64 {
        (self.number - 1).saturating_mul(self.size)
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paged<T> {
    /// The items, at most the page's size.
    pub items: Vec<T>,
    /// Whether there is a next page.
    pub more: bool,
}

impl<T> Paged<T> {
    /// Makes a page of the items from its first on, of which one more than it holds was read.
    pub(crate) fn cut(mut items: Vec<T>, page: Page) -> Self {
        let size = usize::try_from(page.size).unwrap_or(usize::MAX);
        let more = items.len() > size;
        items.truncate(size);
        Self { items, more }
    }
}

/// The order of a list by time, then by key, so that it is total.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    OldestFirst,
    NewestFirst,
}

/// What a list query reads.
pub(crate) struct From {
    /// The columns, as the reader of rows expects them.
    pub columns: &'static str,
    /// The table, with its alias.
    pub table: &'static str,
    /// The column that orders rows of the same time.
    pub key: &'static str,
    /// Whether the key alone finds a row. Then the pages before the wanted one are skipped in an index, which holds the
    /// key too, and the rows themselves are not read.
    pub keyed: bool,
    /// The time that orders the list.
    pub time: &'static str,
    pub order: Order,
}

/// A list query under construction.
pub(crate) struct Select {
    from: From,
    clauses: Vec<String>,
    /// Conditions of which one must hold, each for another owner. None: no such condition.
    owners: Vec<String>,
    params: Vec<Box<dyn Param>>,
}

impl Select {
    pub fn new(from: From) -> Self {
        Self { from, clauses: Vec::new(), owners: Vec::new(), params: Vec::new() }
    }

    /// Adds a condition with one parameter, written `?`.
    pub fn and(&mut self, clause: &str, value: impl Param + 'static) {
        let clause = clause.replace('?', &self.param(value));
        self.clauses.push(clause);
    }

    /// Adds the condition that a column of text has a value.
    pub fn and_is(&mut self, column: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.and(&format!("{column} = ?"), without_nul(value));
        }
    }

    /// Like [`Select::and_is`], where another condition is to lead through an index. Without statistics, SQLite would
    /// take an index on an account with a million rows as readily as one on a group with ten.
    pub fn and_also_is(&mut self, column: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.and(&format!("({column} || '') = ?"), without_nul(value));
        }
    }

    /// Adds a condition without parameters.
    pub fn and_fixed(&mut self, clause: &str) {
        self.clauses.push(clause.to_owned());
    }

    /// Keeps rows of accounts towards which the caller has a right; with `only`, of that account alone.
    ///
    /// `kind` is the column with the group's type where the right depends on the side, else empty.
    pub fn within(
        &mut self,
        reach: &Reach,
        only: Option<&AccountId>,
        owner: &str,
        kind: &str,
        right: fn(Side) -> Right,
    ) {
        for (account, role) in reach.roles().filter(|(account, _)| only.is_none_or(|only| only == *account)) {
            let Some(side) = side_clause(role, kind, right) else { continue };
            let mine = format!("{owner} = {}", self.param(account.as_str().to_owned()));
            self.owners.push(if side.is_empty() { mine } else { format!("{mine} and {side}") });
        }
        if self.owners.is_empty() {
            self.and_fixed("1 = 0");
        }
    }

    /// Keeps rows if they are of an account towards which the caller has a right, where other conditions see to it that
    /// all are of that account; no account, no rows.
    pub fn within_account(&mut self, reach: &Reach, owner: Option<&AccountId>, kind: &str, right: fn(Side) -> Right) {
        let role = owner.and_then(|owner| reach.role(owner));
        match role.and_then(|role| side_clause(role, kind, right)) {
            Some(side) if side.is_empty() => {}
            Some(side) => self.clauses.push(side),
            None => self.and_fixed("1 = 0"),
        }
    }

    fn param(&mut self, value: impl Param + 'static) -> String {
        self.params.push(Box::new(value));
        format!("?{}", self.params.len())
    }

    /// Fetches a page.
    pub fn page<T>(
        mut self,
        conn: &mut Conn<'_>,
        page: Page,
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Paged<T>, StoreError> {
        let sql = self.sql(page);
        let params: Vec<&dyn Param> = self.params.iter().map(AsRef::as_ref).collect();
        Ok(Paged::cut(conn.all(&sql, &params, read)?, page))
    }

    /// Returns the query for a page and one item more, to know whether there is a next page.
    fn sql(&mut self, page: Page) -> String {
        // So many owners are rare enough to be sorted; SQLite takes at most 500.
        const MOST_BRANCHES: usize = 100;

        let offset = page.offset();
        let limit = self.param(page.size.saturating_add(1));
        let window = if offset == 0 {
            format!("limit {limit}")
        } else {
            let offset = self.param(offset);
            format!("limit {limit} offset {offset}")
        };
        let From { columns, table, key, keyed, time, order } = self.from;
        let descending = if order == Order::NewestFirst { " desc" } else { "" };
        let order = format!("{time}{descending}, {key}{descending}");

        if self.owners.len() > 1 && self.owners.len() <= MOST_BRANCHES {
            // One index gives the order within an owner, none the order over several: merge the beginnings of each.
            let until = self.param(offset.saturating_add(page.size).saturating_add(1));
            let rows = if keyed { String::new() } else { format!("{columns}, ") };
            let branches: Vec<String> = (self.owners.iter())
                .map(|owner| {
                    let filter = filter(&self.clauses, Some(owner));
                    format!(
                        "select * from (select {rows}{key} as sort_key, {time} as sort_time from {table}{filter} \
                         order by {order} limit {until}) branch"
                    )
                })
                .collect();
            let wanted = if keyed { "sort_key" } else { "*" };
            let merged = format!(
                "select {wanted} from ({}) merged order by sort_time{descending}, sort_key{descending} {window}",
                branches.join(" union all ")
            );
            return if keyed {
                format!("select {columns} from {table} where {key} in ({merged}) order by {order}")
            } else {
                merged
            };
        }

        let owner = match self.owners.len() {
            0 | 1 => self.owners.pop(),
            _ => Some(format!("(({}))", self.owners.join(") or ("))),
        };
        let filter = filter(&self.clauses, owner.as_ref());
        if keyed && offset > 0 {
            format!(
                "select {columns} from {table} where {key} in (select {key} from {table}{filter} order by {order} \
                 {window}) order by {order}"
            )
        } else {
            format!("select {columns} from {table}{filter} order by {order} {window}")
        }
    }
}

/// PostgreSQL takes no NUL in text; nothing stored holds one, and this matches as little.
pub(crate) fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn filter(clauses: &[String], owner: Option<&String>) -> String {
    let clauses: Vec<&str> = clauses.iter().chain(owner).map(String::as_str).collect();
    if clauses.is_empty() { String::new() } else { format!(" where {}", clauses.join(" and ")) }
}

/// Returns the condition under which a role has a right; empty for always, `None` for never.
fn side_clause(role: Role, kind: &str, right: fn(Side) -> Right) -> Option<String> {
    match (role.may(right(Side::Development)), role.may(right(Side::Production))) {
        (true, true) => Some(String::new()),
        // No group at all counts as development.
        (true, false) => Some(format!("coalesce({kind}, '') not in ({PRODUCTION_KINDS})")),
        (false, true) => Some(format!("{kind} in ({PRODUCTION_KINDS})")),
        (false, false) => None,
    }
}

const PRODUCTION_KINDS: &str = "'factoryfixture_devicegroup', 'dut_devicegroup', 'production_devicegroup'";

/// Reads a device-group type from a column.
pub(crate) fn group_kind(table: &'static str, text: &str) -> Result<DeviceGroupType, StoreError> {
    DeviceGroupType::parse(text).ok_or_else(|| StoreError::Corrupt { table, what: format!("type `{text}`") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_kinds_are_the_production_side() {
        for kind in DeviceGroupType::ALL {
            assert_eq!(PRODUCTION_KINDS.contains(&format!("'{}'", kind.as_str())), kind.side() == Side::Production);
        }
    }
}
