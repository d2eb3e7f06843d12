//! What devices logged, in blocks: each holds what one append had of one device.
//!
//! A row for each entry would cost a busy server most of its writes; a block costs as much as an entry.

use crate::{
    Page, Paged, Store, StoreError,
    conn::{Conn, Lock, Row},
};
use impstead_model::{DeviceGroupId, DeviceId, LogEntry, LogSource, LogType};
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::Arc,
};

/// Entries that a block holds at most, so that no more than so many are kept in excess.
const MOST_ENTRIES_PER_BLOCK: usize = 500;

/// Blocks read at once.
const BLOCKS: i64 = 32;

/// Entries of a device group that a list looks through. What is older is reached by naming a device.
const MOST_LOOKED_AT: usize = 100_000;

/// Which log entries a list holds; all that is named must apply.
#[derive(Clone, Debug)]
pub struct LogFilter {
    /// Whose.
    pub of: LogsOf,
    /// Only from these sources; from all, if there is none.
    pub sources: Vec<LogSource>,
    /// Only those whose message contains this, in any case.
    pub text: Option<String>,
}

/// Whose log entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogsOf {
    /// A device's.
    Device(DeviceId),
    /// What devices logged while they were in a device group.
    Group(DeviceGroupId),
}

impl Store {
    /// Appends entries to their devices' logs, in order, and keeps at least `keep` of each device, and at most 500 more.
    /// Entries of devices that are not there (any more) are left out.
    pub async fn append_logs<E>(&self, entries: Arc<[Arc<E>]>, keep: u32) -> Result<(), StoreError>
    where
        E: AsRef<LogEntry> + Send + Sync + 'static,
    {
        self.write(move |conn| {
            let mut devices: Vec<(&DeviceId, Vec<&LogEntry>)> = Vec::new();
            let mut index = HashMap::new();
            for entry in entries.iter().map(|entry| (**entry).as_ref()) {
                let place = *index.entry(&entry.device).or_insert_with(|| {
                    devices.push((&entry.device, Vec::new()));
                    devices.len() - 1
                });
                devices[place].1.push(entry);
            }
            // In one order always, as they are locked.
            devices.sort_unstable_by_key(|(device, _)| *device);
            for (device, entries) in devices {
                append(conn, device, &entries, keep)?;
            }
            Ok(())
        })
        .await
    }

    /// Lists log entries, newest first; of one device never more than `keep`, of a group from among its newest 100,000.
    ///
    /// What devices logged within a millisecond comes in the order of their ids, each device's in its own order.
    pub async fn logs(&self, filter: LogFilter, keep: u32, page: Page) -> Result<Paged<LogEntry>, StoreError> {
        self.read(move |conn| {
            let mut list = List::new(&filter, page);
            match &filter.of {
                LogsOf::Device(device) => of_device(conn, device, keep, &mut list)?,
                LogsOf::Group(group) => of_group(conn, group, &mut list)?,
            }
            Ok(Paged::cut(list.items, page))
        })
        .await
    }
}

fn append(conn: &mut Conn<'_>, device: &DeviceId, entries: &[&LogEntry], keep: u32) -> Result<(), StoreError> {
    // Others that append for this device wait, so that the number read next is still the newest.
    if !conn.lock_row(Lock::Change, "device", device.as_str())? {
        return Ok(());
    }
    let newest = conn.first("select max(seq) from log_block where device_id = ?1", &[&device.as_str()], |row| {
        row.get::<Option<i64>>(0)
    })?;
    let mut seq = newest.flatten().unwrap_or(0);
    for run in entries.chunk_by(|before, after| before.group == after.group) {
        for block in run.chunks(MOST_ENTRIES_PER_BLOCK) {
            let (first, last) = (block[0], block[block.len() - 1]);
            seq += i64::try_from(block.len()).expect("a block is short");
            conn.run(
                "insert into log_block (device_id, seq, group_id, first_ms, last_ms, body)
                 values (?1, ?2, ?3, ?4, ?5, ?6)",
                &[
                    &device.as_str(),
                    &seq,
                    &first.group.as_ref().map(DeviceGroupId::as_str),
                    &first.at_ms,
                    &last.at_ms,
                    &encode(block),
                ],
            )?;
        }
    }
    conn.run(
        "delete from log_block where device_id = ?1 and seq <= ?2",
        &[&device.as_str(), &(seq - i64::from(keep))],
    )?;
    Ok(())
}

/// A page that is being filled, newest first.
struct List<'f> {
    filter: &'f LogFilter,
    /// In lower case.
    text: Option<String>,
    to_skip: i64,
    /// One more than the page holds, which decides whether there is a next one.
    wanted: usize,
    items: Vec<LogEntry>,
}

impl<'f> List<'f> {
    fn new(filter: &'f LogFilter, page: Page) -> Self {
        Self {
            filter,
            text: filter.text.as_ref().map(|text| text.to_lowercase()),
            to_skip: page.offset(),
            wanted: usize::try_from(page.size).unwrap_or(usize::MAX).saturating_add(1),
            items: Vec::new(),
        }
    }

    fn is_full(&self) -> bool {
        self.items.len() >= self.wanted
    }

    fn take(&mut self, entry: LogEntry) {
        let sources = &self.filter.sources;
        let is_wanted = (sources.is_empty() || sources.contains(&entry.source))
            && self.text.as_ref().is_none_or(|text| entry.message.to_lowercase().contains(text));
        if !is_wanted || self.is_full() {
            return;
        }
        if self.to_skip > 0 {
            self.to_skip -= 1;
        } else {
            self.items.push(entry);
        }
    }
}

fn of_device(conn: &mut Conn<'_>, device: &DeviceId, keep: u32, list: &mut List<'_>) -> Result<(), StoreError> {
    let mut left = keep;
    let mut before = i64::MAX;
    while left > 0 && !list.is_full() {
        let blocks = conn.all(
            "select device_id, seq, group_id, first_ms, last_ms, body from log_block
             where device_id = ?1 and seq < ?2 order by seq desc limit ?3",
            &[&device.as_str(), &before, &BLOCKS],
            Block::read,
        )?;
        let Some(oldest) = blocks.last() else { return Ok(()) };
        before = oldest.seq;
        for entry in blocks.iter().flat_map(|block| block.entries.iter().rev()) {
            if left == 0 {
                break;
            }
            left -= 1;
            list.take(entry.clone());
        }
    }
    Ok(())
}

fn of_group(conn: &mut Conn<'_>, group: &DeviceGroupId, list: &mut List<'_>) -> Result<(), StoreError> {
    // Entries of blocks that are read, newest on top: one per block, with what is left of the block.
    let mut heap: BinaryHeap<(i64, Reverse<DeviceId>, i64, usize)> = BinaryHeap::new();
    let mut blocks: Vec<Block> = Vec::new();
    // The newest that a block not yet read may hold.
    let mut unread = Some((i64::MAX, "\u{10ffff}".to_owned(), i64::MAX));
    let mut looked_at = 0;
    while !list.is_full() && looked_at < MOST_LOOKED_AT {
        let may_be_newer = |top: Option<&(i64, Reverse<DeviceId>, i64, usize)>, bound: &(i64, String, i64)| {
            top.is_none_or(|top| top.0 <= bound.0)
        };
        if let Some(bound) = unread.take_if(|bound| may_be_newer(heap.peek(), bound)) {
            let read = conn.all(
                "select device_id, seq, group_id, first_ms, last_ms, body from log_block
                 where group_id = ?1 and (last_ms, device_id, seq) < (?2, ?3, ?4)
                 order by last_ms desc, device_id desc, seq desc limit ?5",
                &[&group.as_str(), &bound.0, &bound.1, &bound.2, &BLOCKS],
                Block::read,
            )?;
            if read.len() == usize::try_from(BLOCKS).expect("it is small") {
                let last = &read[read.len() - 1];
                unread = Some((last.last_ms, last.device.to_string(), last.seq));
            }
            for block in read {
                if let Some(newest) = block.entries.last() {
                    heap.push((newest.at_ms, Reverse(block.device.clone()), block.seq, blocks.len()));
                }
                blocks.push(block);
            }
            continue;
        }
        let Some((_, device, seq, place)) = heap.pop() else { return Ok(()) };
        let block = &mut blocks[place];
        if let Some(entry) = block.entries.pop() {
            looked_at += 1;
            list.take(entry);
        }
        if let Some(next) = block.entries.last() {
            heap.push((next.at_ms, device, seq - 1, place));
        }
    }
    Ok(())
}

struct Block {
    device: DeviceId,
    seq: i64,
    last_ms: i64,
    /// Oldest first.
    entries: Vec<LogEntry>,
}

impl Block {
    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let device: DeviceId = row.get::<String>(0)?.into();
        let group = row.get::<Option<String>>(2)?.map(DeviceGroupId::from);
        let body: Vec<u8> = row.get(5)?;
        let entries = decode(&body, &device, group.as_ref(), row.get(3)?)
            .ok_or_else(|| StoreError::Corrupt { table: "log_block", what: format!("a block of device {device}") })?;
        Ok(Self { device, seq: row.get(1)?, last_ms: row.get(4)?, entries })
    }
}

/// Writes a block: for each entry the milliseconds since the block's first, source and log type in one byte, and the
/// message with its length before it. Numbers have seven bits a byte, lowest first, and bit 7 set on all but the last.
fn encode(entries: &[&LogEntry]) -> Vec<u8> {
    let first_ms = entries[0].at_ms;
    let mut body = Vec::with_capacity(entries.iter().map(|entry| entry.message.len() + 6).sum());
    for entry in entries {
        write_number(&mut body, entry.at_ms.abs_diff(first_ms));
        let source = LogSource::ALL.iter().position(|source| *source == entry.source).expect("it is one of all");
        let source = u8::try_from(source).expect("there are eight");
        body.push(source << 1 | u8::from(entry.log_type == LogType::Production));
        write_number(&mut body, entry.message.len() as u64);
        body.extend_from_slice(entry.message.as_bytes());
    }
    body
}

fn decode(mut body: &[u8], device: &DeviceId, group: Option<&DeviceGroupId>, first_ms: i64) -> Option<Vec<LogEntry>> {
    let mut entries = Vec::new();
    while !body.is_empty() {
        let at_ms = first_ms.checked_add_unsigned(read_number(&mut body)?)?;
        let (kind, rest) = body.split_first()?;
        body = rest;
        let source = *LogSource::ALL.get(usize::from(kind >> 1))?;
        let log_type = if kind & 1 == 1 { LogType::Production } else { LogType::Development };
        let length = usize::try_from(read_number(&mut body)?).ok()?;
        let (message, rest) = body.split_at_checked(length)?;
        body = rest;
        entries.push(LogEntry {
            device: device.clone(),
            group: group.cloned(),
            at_ms,
            log_type,
            source,
            message: std::str::from_utf8(message).ok()?.to_owned(),
        });
    }
    Some(entries)
}

fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push(0x80 | u8::try_from(number & 0x7f).expect("seven bits"));
        number >>= 7;
    }
    out.push(u8::try_from(number).expect("seven bits"));
}

fn read_number(body: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = body.split_first()?;
        *body = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
