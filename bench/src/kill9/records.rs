//! What there is, or should be: as writers record it and as lists tell it.

use std::collections::BTreeMap;

/// Everything, by id.
#[derive(Clone, Debug, Default)]
pub struct Records {
    pub products: BTreeMap<String, Product>,
    pub groups: BTreeMap<String, Group>,
    pub deployments: BTreeMap<String, Deployment>,
    pub devices: BTreeMap<String, Device>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    pub name: String,
    pub description: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub product: String,
    pub name: String,
    /// Its current deployment, which is also its newest.
    pub current: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    pub group: String,
    /// Unique; the code follows from it.
    pub description: String,
}

impl Deployment {
    /// Returns the device code of a deployment: a few bytes to some dozens of kilobytes.
    pub fn code(&self) -> String {
        let lines = self.description.bytes().fold(7_usize, |sum, byte| (sum * 31 + usize::from(byte)) % 997);
        format!("server.log(\"{} über alles\"); // of {lines} lines\n", self.description).repeat(1 + lines)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    pub name: Option<String>,
    pub group: Option<String>,
}

/// One write: what a request asks for.
#[derive(Clone, Debug)]
pub enum Write {
    CreateProduct(Product),
    ChangeProduct(String, Product),
    DeleteProduct(String),
    CreateGroup(Group),
    Deploy(Deployment),
    /// Moves devices from one group, or none, to another, or none; one after the other.
    Move {
        devices: Vec<String>,
        from: Option<String>,
        to: Option<String>,
    },
    NameDevice(String, String),
}

impl Records {
    /// Records that a write happened; `id` is that of what it made, if it made something.
    pub fn apply(&mut self, write: Write, id: Option<String>) {
        let made = || id.clone().expect("what was made has an id");
        match write {
            Write::CreateProduct(product) => {
                self.products.insert(made(), product);
            }
            Write::ChangeProduct(id, product) => {
                self.products.insert(id, product);
            }
            Write::DeleteProduct(id) => {
                self.products.remove(&id);
            }
            Write::CreateGroup(group) => {
                self.groups.insert(made(), group);
            }
            Write::Deploy(deployment) => {
                if let Some(group) = self.groups.get_mut(&deployment.group) {
                    group.current = Some(made());
                }
                self.deployments.insert(made(), deployment);
            }
            Write::Move { devices, to, .. } => {
                for device in devices {
                    self.devices.entry(device).or_default().group.clone_from(&to);
                }
            }
            Write::NameDevice(id, name) => self.devices.entry(id).or_default().name = Some(name),
        }
    }

    /// Finds out how much of a write in doubt is in these records: the part that is, and the id of what it made.
    pub fn part_of(&self, write: &Write) -> Option<(Write, Option<String>)> {
        fn id_of<T>(all: &BTreeMap<String, T>, is_it: impl Fn(&T) -> bool) -> Option<String> {
            all.iter().find(|(_, it)| is_it(it)).map(|(id, _)| id.clone())
        }
        // What makes a write known is unique; whether the rest is right, the comparison says.
        let (happened, id) = match write {
            Write::CreateProduct(new) => {
                let id = id_of(&self.products, |it| it.name == new.name);
                (id.is_some(), id)
            }
            Write::ChangeProduct(id, new) => (self.products.get(id).is_some_and(|it| it.name == new.name), None),
            Write::DeleteProduct(id) => (!self.products.contains_key(id), None),
            Write::CreateGroup(new) => {
                let id = id_of(&self.groups, |it| it.name == new.name);
                (id.is_some(), id)
            }
            Write::Deploy(new) => {
                let id = id_of(&self.deployments, |it| it.description == new.description);
                (id.is_some(), id)
            }
            Write::Move { devices, from, to } => {
                let moved = |id: &&String| self.devices.get(*id).is_some_and(|it| it.group == *to);
                let devices: Vec<String> = devices.iter().take_while(moved).cloned().collect();
                let part = Write::Move { devices, from: from.clone(), to: to.clone() };
                return Some((part, None));
            }
            Write::NameDevice(id, name) => {
                (self.devices.get(id).is_some_and(|it| it.name.as_ref() == Some(name)), None)
            }
        };
        happened.then(|| (write.clone(), id))
    }

    /// Adds other records, which are of other things.
    pub fn extend(&mut self, other: &Self) {
        self.products.extend(other.products.clone());
        self.groups.extend(other.groups.clone());
        self.deployments.extend(other.deployments.clone());
        self.devices.extend(other.devices.clone());
    }

    /// Returns the first few differences to what was found.
    pub fn differences(&self, found: &Self) -> Vec<String> {
        let mut all = Vec::new();
        differ("product", &self.products, &found.products, &mut all);
        differ("group", &self.groups, &found.groups, &mut all);
        differ("deployment", &self.deployments, &found.deployments, &mut all);
        differ("device", &self.devices, &found.devices, &mut all);
        all.truncate(10);
        all
    }
}

fn differ<T: PartialEq + std::fmt::Debug>(
    what: &str,
    expected: &BTreeMap<String, T>,
    found: &BTreeMap<String, T>,
    differences: &mut Vec<String>,
) {
    for (id, expected) in expected {
        match found.get(id) {
            Some(found) if found == expected => {}
            Some(found) => differences.push(format!("{what} {id}: expected {expected:?}, found {found:?}")),
            None => differences.push(format!("{what} {id} is lost: {expected:?}")),
        }
    }
    for (id, found) in found.iter().filter(|(id, _)| !expected.contains_key(*id)) {
        differences.push(format!("{what} {id} comes from nowhere: {found:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Product {
        Product { name: name.into(), description: String::new() }
    }

    #[test]
    fn differences_are_found_in_both_directions() {
        let (mut expected, mut found) = (Records::default(), Records::default());
        expected.apply(Write::CreateProduct(named("a")), Some("1".into()));
        expected.apply(Write::CreateProduct(named("b")), Some("2".into()));
        found.apply(Write::CreateProduct(named("c")), Some("2".into()));
        found.apply(Write::CreateProduct(named("d")), Some("3".into()));
        let differences = expected.differences(&found);
        assert_eq!(differences.len(), 3, "{differences:?}");
        assert!(differences[0].contains("product 1 is lost"), "{differences:?}");
        assert_eq!(found.differences(&found), Vec::<String>::new());
    }

    #[test]
    fn a_move_in_doubt_may_have_happened_up_to_some_device() {
        let mut found = Records::default();
        let to = Some("g".to_owned());
        let devices = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
        found.apply(Write::Move { devices: devices(&["1", "3"]), from: None, to: to.clone() }, None);
        let Some((Write::Move { devices: moved, .. }, None)) =
            found.part_of(&Write::Move { devices: devices(&["1", "2", "3"]), from: None, to })
        else {
            panic!("a move remains a move")
        };
        assert_eq!(moved, devices(&["1"]), "3 without 2 is for the comparison to find");
    }
}
