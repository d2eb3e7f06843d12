//! Virtual imps: devices that are programs and live in the server.

use crate::{
    Act, Conflict, NewDevice, Page, Paged, Store, StoreError, Wake,
    conn::{Conn, Lock, Row},
    devices,
    select::{From, Order, Select},
};
use std::collections::BTreeMap;

use impstead_model::{AccountId, Device, DeviceGroupType, DeviceId, MoveRefusal, Reach, Right};

/// A virtual imp.
#[derive(Clone, Debug)]
pub struct VirtualImp {
    /// The device that it is.
    pub device: Device,
    /// Whether it is to have power.
    pub is_started: bool,
    /// Its board: the name of one that is ready, or [`OWN_BOARD`].
    pub board: Option<String>,
    /// Counts how often the board was changed.
    pub board_number: i64,
    /// What is done to it from outside: names and values.
    pub inputs: BTreeMap<String, String>,
    /// When it was made, Unix time in milliseconds.
    pub created_ms: i64,
    /// When it was last started, stopped or put on another board, likewise.
    pub updated_ms: i64,
}

/// What the board of a virtual imp is called whose text somebody wrote.
pub const OWN_BOARD: &str = "custom";

/// A board, as a virtual imp is put on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBoard {
    /// The name of one that is ready, or [`OWN_BOARD`].
    pub name: String,
    /// The text of one that is not.
    pub file: Option<String>,
}

/// What is to be changed of a virtual imp, all at once.
#[derive(Clone, Debug, Default)]
pub struct VirtualImpChange {
    /// Its name; `Some(None)` removes it.
    pub name: Option<Option<String>>,
    /// Another board, and the type of imp that it says; `Some(None)` takes the board away. Nothing is done to it from outside then.
    pub board: Option<(Option<NewBoard>, String)>,
    /// What is done to it from outside from now on, besides what is: names and values.
    pub inputs: Option<BTreeMap<String, String>>,
    /// Names of what is no longer done to it.
    pub left: Vec<String>,
    /// The number of the board that all this was meant for, if it is not a new one.
    pub on_board: Option<i64>,
}

impl VirtualImpChange {
    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let VirtualImpChange { name, board, inputs, left, on_board: _ } = self;
        name.is_none() && board.is_none() && inputs.as_ref().is_none_or(BTreeMap::is_empty) && left.is_empty()
    }

    /// What is done to an imp after it, to which something is done already.
    fn applied_to(&self, done: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut done = done.clone();
        done.retain(|name, _| !self.left.contains(name));
        done.extend(self.inputs.clone().unwrap_or_default());
        done
    }
}

/// A virtual imp about to be made.
#[derive(Clone, Debug)]
pub struct NewVirtualImp {
    /// The device that it is to be.
    pub device: NewDevice,
    /// Its name.
    pub name: Option<String>,
    /// Whether it is to have power.
    pub is_started: bool,
    /// Its board.
    pub board: Option<NewBoard>,
}

/// What a virtual imp must know to live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoweredImp {
    /// `imp001` to `imp006`.
    pub imp_type: String,
    /// Its board.
    pub board: Option<NewBoard>,
    /// Counts how often the board was changed.
    pub board_number: i64,
    /// What is done to it from outside: names and values.
    pub inputs: BTreeMap<String, String>,
    /// What it has kept, as it gave it to [`Store::keep_virtual_imp`].
    pub kept: Option<Vec<u8>>,
    /// Sectors of its SPI flash that are not erased: their numbers, and what is in them.
    pub flash: Vec<(u32, Vec<u8>)>,
}

impl Store {
    /// Lists virtual imps, oldest first: the caller's own, or those of `owner`.
    pub async fn virtual_imps(
        &self,
        reach: &Reach,
        owner: Option<&AccountId>,
        page: Page,
    ) -> Result<Paged<VirtualImp>, StoreError> {
        let reach = reach.clone();
        let owner = owner.unwrap_or(&reach.account).clone();
        self.read(move |conn| {
            let mut select = Select::new(From {
                columns: COLUMNS,
                table: "virtual_imp v join device d on d.id = v.device_id",
                key: "v.device_id",
                keyed: false,
                time: "v.created_ms",
                order: Order::OldestFirst,
            });
            select.within(&reach, Some(&owner), "d.owner_id", "d.group_kind", Right::ReadInside);
            select.page(conn, page, virtual_imp)
        })
        .await
    }

    /// Returns the virtual imp that a device is; `None` if it is none, or not there.
    pub async fn virtual_imp(&self, device: &DeviceId) -> Result<Option<VirtualImp>, StoreError> {
        let device = device.clone();
        self.read(move |conn| find(conn, &device)).await
    }

    /// Returns the virtual imps that are to have power, each with the number of the board that it is on.
    pub async fn started_virtual_imps(&self) -> Result<Vec<(DeviceId, i64)>, StoreError> {
        self.read(move |conn| {
            let started =
                "select device_id, board_number from virtual_imp where started order by created_ms, device_id";
            conn.all(started, &[], |row| Ok((row.get::<String>(0)?.into(), row.get(1)?)))
        })
        .await
    }

    /// Returns those that a factory fixture may configure, oldest first: of its account, with power, in no device group, of a type
    /// that may be in the factory, never configured by any, and never in a group that left code on them; at most a hundred.
    pub async fn blank_virtual_imps(&self, fixture: &DeviceId) -> Result<Vec<DeviceId>, StoreError> {
        let fixture = fixture.clone();
        self.read(move |conn| {
            let blank = "select v.device_id from virtual_imp v
                         join device d on d.id = v.device_id
                         join device f on f.owner_id = d.owner_id
                         where f.id = ?1 and d.id <> f.id and v.started and d.group_id is null and not d.blessed
                           and d.fixture_id is null and d.imp_type <> 'imp001'
                           and not exists (select 1 from device_history h where h.device_id = d.id
                                             and h.event in ('assigned', 'moved'))
                         order by v.created_ms, v.device_id limit 100";
            conn.all(blank, &[&fixture.as_str()], |row| Ok(row.get::<String>(0)?.into()))
        })
        .await
    }

    /// Makes a virtual imp, and so a device.
    ///
    /// # Errors
    /// As [`Store::add_device`].
    pub async fn create_virtual_imp(&self, new: NewVirtualImp, act: Act) -> Result<VirtualImp, StoreError> {
        self.write(move |conn| {
            let NewVirtualImp { device, name, is_started, board } = &new;
            let board = board.as_ref();
            let mut device = devices::add(conn, device, &act)?;
            if name.is_some() {
                device.name.clone_from(name);
                conn.run("update device set name = ?2 where id = ?1", &[&device.id.as_str(), name])?;
            }
            conn.run(
                "insert into virtual_imp (device_id, started, board, board_file, created_ms, updated_ms)
                 values (?1, ?2, ?3, ?4, ?5, ?5)",
                &[&device.id.as_str(), is_started, &board_name(board), &board_file(board), &act.at_ms],
            )?;
            devices::record(conn, &act, "virtual_imp.create", &device)?;
            conn.wake(Wake::VirtualImp(device.id.clone()));
            Ok(VirtualImp {
                device,
                is_started: *is_started,
                board: board_name(board),
                board_number: 0,
                inputs: BTreeMap::new(),
                created_ms: act.at_ms,
                updated_ms: act.at_ms,
            })
        })
        .await
    }

    /// Starts or stops a virtual imp and returns it; `None` if it is not there.
    pub async fn start_virtual_imp(
        &self,
        device: &DeviceId,
        is_started: bool,
        act: Act,
    ) -> Result<Option<VirtualImp>, StoreError> {
        let device = device.clone();
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "device", device.as_str())? {
                return Ok(None);
            }
            let Some(mut found) = find(conn, &device)? else { return Ok(None) };
            if found.is_started == is_started {
                return Ok(Some(found));
            }
            (found.is_started, found.updated_ms) = (is_started, act.at_ms);
            conn.run(
                "update virtual_imp set started = ?2, updated_ms = ?3 where device_id = ?1",
                &[&device.as_str(), &is_started, &act.at_ms],
            )?;
            let action = if is_started { "virtual_imp.start" } else { "virtual_imp.stop" };
            devices::record(conn, &act, action, &found.device)?;
            conn.wake(Wake::VirtualImp(device.clone()));
            Ok(Some(found))
        })
        .await
    }

    /// Changes a virtual imp and returns it; `None` if it is not there.
    ///
    /// # Errors
    /// [`Conflict::OtherBoard`] if it is on another board than the change is meant for,
    /// [`Conflict::Move`] if the type of imp that the new board says may not be where it is.
    pub async fn change_virtual_imp(
        &self,
        device: &DeviceId,
        change: VirtualImpChange,
        act: Act,
    ) -> Result<Option<VirtualImp>, StoreError> {
        let device = device.clone();
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "device", device.as_str())? {
                return Ok(None);
            }
            let Some(mut found) = find(conn, &device)? else { return Ok(None) };
            if change.on_board.is_some_and(|number| number != found.board_number) {
                return Err(Conflict::OtherBoard.into());
            }
            if let Some(name) = &change.name {
                devices::rename(conn, &mut found.device, name.as_deref(), &act)?;
            }
            if let Some((board, imp_type)) = &change.board {
                put_on_board(conn, &mut found, board.as_ref(), imp_type, &act)?;
            }
            let inputs = change.applied_to(&found.inputs);
            if inputs != found.inputs {
                conn.run(
                    "update virtual_imp set inputs = ?2 where device_id = ?1",
                    &[&device.as_str(), &serde_json::to_string(&inputs).unwrap_or_default()],
                )?;
                found.inputs = inputs;
            }
            Ok(Some(found))
        })
        .await
    }

    /// Returns the board of a virtual imp; `None` if it has none, or is not there.
    pub async fn virtual_imp_board(&self, device: &DeviceId) -> Result<Option<NewBoard>, StoreError> {
        let device = device.clone();
        self.read(move |conn| {
            let query = "select board, board_file from virtual_imp where device_id = ?1";
            Ok(conn.first(query, &[&device.as_str()], |row| stored_board(row, 0))?.flatten())
        })
        .await
    }

    /// Gives a virtual imp that is started the public half of a new secret, and returns what it must know; `None` if it is not
    /// to have power.
    pub async fn power_virtual_imp(
        &self,
        device: &DeviceId,
        public_key: [u8; 32],
    ) -> Result<Option<PoweredImp>, StoreError> {
        let device = device.clone();
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "device", device.as_str())? {
                return Ok(None);
            }
            let query = "select d.imp_type, v.kept, v.board, v.board_file, v.board_number, v.inputs
                         from virtual_imp v join device d on d.id = v.device_id where v.device_id = ?1 and v.started";
            let mut powered = conn.first(query, &[&device.as_str()], |row| {
                Ok(PoweredImp {
                    imp_type: row.get(0)?,
                    kept: row.get(1)?,
                    board: stored_board(row, 2)?,
                    board_number: row.get(4)?,
                    inputs: inputs(&row.get::<String>(5)?),
                    flash: Vec::new(),
                })
            })?;
            if let Some(powered) = &mut powered {
                let sectors = "select sector, content from virtual_imp_flash where device_id = ?1 order by sector";
                powered.flash = conn.all(sectors, &[&device.as_str()], |row| {
                    Ok((u32::try_from(row.get::<i32>(0)?).unwrap_or_default(), row.get(1)?))
                })?;
                conn.run(
                    "update device set public_key = ?2 where id = ?1",
                    &[&device.as_str(), &public_key.as_slice()],
                )?;
            }
            Ok(powered)
        })
        .await
    }

    /// Keeps what outlives the power of a virtual imp.
    pub async fn keep_virtual_imp(&self, device: &DeviceId, kept: Vec<u8>) -> Result<(), StoreError> {
        let device = device.clone();
        self.write(move |conn| {
            conn.run("update virtual_imp set kept = ?2 where device_id = ?1", &[&device.as_str(), &kept]).map(drop)
        })
        .await
    }

    /// Keeps what has changed in the SPI flash of a virtual imp: sectors, and what is in them; nothing in those that are erased.
    pub async fn keep_virtual_imp_flash(
        &self,
        device: &DeviceId,
        changes: Vec<(u32, Option<Vec<u8>>)>,
    ) -> Result<(), StoreError> {
        let device = device.clone();
        self.write(move |conn| {
            if find(conn, &device)?.is_none() {
                return Ok(());
            }
            for (sector, content) in &changes {
                let sector = i32::try_from(*sector).unwrap_or(i32::MAX);
                match content {
                    Some(content) => conn.run(
                        "insert into virtual_imp_flash (device_id, sector, content) values (?1, ?2, ?3)
                         on conflict (device_id, sector) do update set content = excluded.content",
                        &[&device.as_str(), &sector, content],
                    )?,
                    None => conn.run(
                        "delete from virtual_imp_flash where device_id = ?1 and sector = ?2",
                        &[&device.as_str(), &sector],
                    )?,
                };
            }
            Ok(())
        })
        .await
    }
}

fn find(conn: &mut Conn<'_>, device: &DeviceId) -> Result<Option<VirtualImp>, StoreError> {
    let query =
        format!("select {COLUMNS} from virtual_imp v join device d on d.id = v.device_id where v.device_id = ?1");
    conn.first(&query, &[&device.as_str()], virtual_imp)
}

/// Those of a device, and its own.
const COLUMNS: &str = "d.id, d.mac_address, d.owner_id, d.group_id, d.group_kind, d.product_id, d.group_owner_id, \
    d.agent_id, d.name, d.imp_type, d.plan_id, d.blessed, d.online, d.state_changed_ms, d.agent_running, \
    d.agent_state_changed_ms, d.last_enrolled_ms, d.ip_address, d.free_memory, d.rssi, d.swversion, d.created_ms, \
    d.updated_ms, v.started, v.created_ms, v.updated_ms, v.board, v.board_number, v.inputs";

fn virtual_imp(row: &Row<'_>) -> Result<VirtualImp, StoreError> {
    Ok(VirtualImp {
        device: devices::device(row)?,
        is_started: row.get(23)?,
        created_ms: row.get(24)?,
        updated_ms: row.get(25)?,
        board: row.get(26)?,
        board_number: row.get(27)?,
        inputs: inputs(&row.get::<String>(28)?),
    })
}

/// Puts a virtual imp on another board, or on none.
fn put_on_board(
    conn: &mut Conn<'_>,
    found: &mut VirtualImp,
    board: Option<&NewBoard>,
    imp_type: &str,
    act: &Act,
) -> Result<(), StoreError> {
    let kind = found.device.assignment.as_ref().map(|assignment| assignment.kind);
    if imp_type == "imp001" && kind.is_some_and(is_of_the_factory) {
        return Err(Conflict::Move(MoveRefusal::HardwareNotAllowed).into());
    }
    (found.board, found.device.imp_type) = (board_name(board), imp_type.to_owned());
    found.board_number += 1;
    (found.updated_ms, found.device.updated_ms) = (act.at_ms, act.at_ms);
    found.inputs.clear();
    conn.run(
        "update virtual_imp set board = ?2, board_file = ?3, board_number = ?4, inputs = '{}', updated_ms = ?5
         where device_id = ?1",
        &[&found.device.id.as_str(), &found.board, &board_file(board), &found.board_number, &act.at_ms],
    )?;
    conn.run(
        "update device set imp_type = ?2, updated_ms = ?3 where id = ?1",
        &[&found.device.id.as_str(), &found.device.imp_type, &act.at_ms],
    )?;
    devices::record(conn, act, "virtual_imp.board", &found.device)?;
    conn.wake(Wake::VirtualImp(found.device.id.clone()));
    Ok(())
}

/// Whether fixtures or devices under test are in groups of this kind.
fn is_of_the_factory(kind: DeviceGroupType) -> bool {
    kind.target_types().is_some() || matches!(kind, DeviceGroupType::Dut | DeviceGroupType::PreDut)
}

fn board_name(board: Option<&NewBoard>) -> Option<String> {
    board.map(|board| board.name.clone())
}

fn board_file(board: Option<&NewBoard>) -> Option<String> {
    board.and_then(|board| board.file.clone())
}

fn stored_board(row: &Row<'_>, column: usize) -> Result<Option<NewBoard>, StoreError> {
    let (name, file): (Option<String>, Option<String>) = (row.get(column)?, row.get(column + 1)?);
    Ok(name.map(|name| NewBoard { name, file }))
}

/// What is done to a virtual imp, as it is kept.
fn inputs(json: &str) -> BTreeMap<String, String> {
    serde_json::from_str(json).unwrap_or_default()
}
