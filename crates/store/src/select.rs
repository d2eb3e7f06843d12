//! Lists: filters, scope and pages.

use crate::{
    StoreError,
    conn::{Conn, Param, Row},
};
use impstead_model::{DeviceGroupType, Reach, Right, Role, Side};

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Number of the page, from 1.
    pub number: i64,
    /// Items on a page, 1 to 100.
    pub size: i64,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paged<T> {
    /// The items, at most the page's size.
    pub items: Vec<T>,
    /// Whether there is a next page.
    pub more: bool,
}

/// A list query under construction.
pub(crate) struct Select {
    columns: &'static str,
    from: &'static str,
    key: &'static str,
    order: &'static str,
    clauses: Vec<String>,
    params: Vec<Box<dyn Param>>,
}

impl Select {
    /// Starts `select {columns} from {from}`, in a total order; `key` names the first table's primary key.
    pub fn new(columns: &'static str, from: &'static str, key: &'static str, order: &'static str) -> Self {
        Self { columns, from, key, order, clauses: Vec::new(), params: Vec::new() }
    }

    /// Adds a condition with one parameter, written `?`.
    pub fn and(&mut self, clause: &str, value: impl Param + 'static) {
        self.params.push(Box::new(value));
        self.clauses.push(clause.replace('?', &format!("?{}", self.params.len())));
    }

    /// Adds the condition for an optional filter.
    pub fn and_if(&mut self, clause: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.and(clause, value.to_owned());
        }
    }

    /// Adds a condition without parameters.
    pub fn and_fixed(&mut self, clause: &str) {
        self.clauses.push(clause.to_owned());
    }

    /// Keeps rows whose owner the caller reaches in a role that has a right; `kind` is the column with the group's
    /// type where the right depends on the side, else empty.
    pub fn within(&mut self, reach: &Reach, owner: &str, kind: &str, right: fn(Side) -> Right) {
        let mut alternatives = Vec::new();
        for (account, role) in reach.roles() {
            let sides = (role.may(right(Side::Development)), role.may(right(Side::Production)));
            if sides == (false, false) {
                continue;
            }
            self.params.push(Box::new(account.as_str().to_owned()));
            let mine = format!("{owner} = ?{}", self.params.len());
            alternatives.push(match sides {
                (true, true) => mine,
                (true, false) => format!("({mine} and coalesce({kind}, '') not in ({PRODUCTION_KINDS}))"),
                _ => format!("({mine} and {kind} in ({PRODUCTION_KINDS}))"),
            });
            debug_assert!(role == Role::Owner || sides == (true, true) || !kind.is_empty());
        }
        self.clauses.push(format!("({})", alternatives.join(" or ")));
    }

    /// Fetches a page. Fetches one item more than the page holds, to know whether there is a next page.
    pub fn page<T>(
        mut self,
        conn: &mut Conn<'_>,
        page: Page,
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Paged<T>, StoreError> {
        let filter =
            if self.clauses.is_empty() { String::new() } else { format!(" where {}", self.clauses.join(" and ")) };
        let offset = (page.number - 1).saturating_mul(page.size);
        self.params.push(Box::new(page.size + 1));
        let limit = self.params.len();
        let Self { columns, from, key, order, .. } = self;
        let sql = if offset == 0 {
            format!("select {columns} from {from}{filter} order by {order} limit ?{limit}")
        } else {
            // Only keys are read for the pages skipped; an index covers them.
            self.params.push(Box::new(offset));
            format!(
                "select {columns} from {from} where {key} in (select {key} from {from}{filter} order by {order} \
                 limit ?{limit} offset ?{}) order by {order}",
                limit + 1
            )
        };
        let params: Vec<&dyn Param> = self.params.iter().map(AsRef::as_ref).collect();
        let mut items = conn.all(&sql, &params, read)?;
        let size = usize::try_from(page.size).unwrap_or(usize::MAX);
        let more = items.len() > size;
        items.truncate(size);
        Ok(Paged { items, more })
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
