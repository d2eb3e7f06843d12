use crate::fixture::*;
use impstead_model::{DeviceGroupId, DeviceId, LogEntry, LogSource, LogType};
use impstead_store::{LogFilter, LogsOf, Page};
use std::sync::Arc;

/// Wraps an entry, as those who hold entries in something else do.
struct Held(LogEntry);

impl AsRef<LogEntry> for Held {
    fn as_ref(&self) -> &LogEntry {
        &self.0
    }
}

fn entry(device: &DeviceId, group: Option<&DeviceGroupId>, at_ms: i64, message: &str) -> LogEntry {
    LogEntry {
        device: device.clone(),
        group: group.cloned(),
        at_ms,
        log_type: LogType::Development,
        source: LogSource::ServerLog,
        message: message.into(),
    }
}

async fn append(db: &Db, keep: u32, entries: Vec<LogEntry>) {
    let entries: Vec<Arc<Held>> = entries.into_iter().map(|entry| Arc::new(Held(entry))).collect();
    db.store.append_logs(entries.into(), keep).await.unwrap();
}

async fn messages(db: &Db, of: LogsOf, keep: u32, page: Page) -> (Vec<String>, bool) {
    let filter = LogFilter { of, sources: Vec::new(), text: None };
    let page = db.store.logs(filter, keep, page).await.unwrap();
    (page.items.into_iter().map(|entry| entry.message).collect(), page.more)
}

async fn entries_come_back_as_they_were_newest_first(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let device = db.device(&ann).await.id;
    let group = DeviceGroupId::new("g");
    let mut written = Vec::new();
    for (index, source) in LogSource::ALL.into_iter().enumerate() {
        let log_type = if index % 2 == 0 { LogType::Development } else { LogType::Production };
        let message = ["", "ünïcode\u{0}\n\t", &"long ".repeat(1000)][index % 3].to_owned();
        let at_ms = 1_772_442_904_221 + 1000 * i64::try_from(index).unwrap();
        // In and out of a group, within one append.
        let group = (index % 4 < 2).then(|| group.clone());
        written.push(LogEntry { device: device.clone(), group, at_ms, log_type, source, message });
    }
    append(&db, 1000, written.clone()).await;
    written.reverse();
    let filter = LogFilter { of: LogsOf::Device(device), sources: Vec::new(), text: None };
    assert_eq!(db.store.logs(filter, 1000, ALL).await.unwrap().items, written);
}

async fn pages_are_full_but_the_last(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let device = db.device(&ann).await.id;
    // One at a time, and many at once: blocks of any length.
    for number in 1..=70 {
        append(&db, 1000, vec![entry(&device, None, number, &number.to_string())]).await;
    }
    append(&db, 1000, (71..=700).map(|number| entry(&device, None, number, &number.to_string())).collect()).await;
    let of = LogsOf::Device(device);
    let mut seen = Vec::new();
    for number in 1.. {
        let (items, more) = messages(&db, of.clone(), 1000, Page { number, size: 99 }).await;
        assert_eq!(items.len(), if more { 99 } else { 700 % 99 });
        seen.extend(items);
        if !more {
            break;
        }
    }
    assert_eq!(seen, (1..=700).rev().map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(messages(&db, of, 1000, Page { number: 700, size: 1 }).await, (vec!["1".to_owned()], false));
}

async fn no_more_than_a_number_is_kept_of_each_device(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let (busy, quiet) = (db.device(&ann).await.id, db.device(&ann).await.id);
    append(&db, 10, vec![entry(&quiet, None, 1, "still there")]).await;
    for number in 0..100 {
        append(&db, 10, vec![entry(&busy, None, number, &number.to_string())]).await;
    }
    assert_eq!(db.count("log_block"), 11);
    append(&db, 10, (100..1100).map(|number| entry(&busy, None, number, &number.to_string())).collect()).await;
    let kept = db.count(&format!("log_block where device_id = '{busy}'"));
    assert_eq!(kept, 1, "the newest block alone holds more than enough");
    let (items, more) = messages(&db, LogsOf::Device(busy), 10, ALL).await;
    assert_eq!((items.len(), items[0].as_str(), items[9].as_str(), more), (10, "1099", "1090", false));
    assert_eq!(messages(&db, LogsOf::Device(quiet), 10, ALL).await.0, ["still there"]);
}

async fn a_group_has_what_its_devices_logged_there_by_time(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let devices = [db.device(&ann).await.id, db.device(&ann).await.id, db.device(&ann).await.id];
    let (group, other) = (DeviceGroupId::new("g"), DeviceGroupId::new("h"));
    let mut expected = Vec::new();
    // Blocks that overlap in time, and more of them than are read at once.
    for round in 0..50 {
        let mut entries = Vec::new();
        for step in 0..4 {
            for (index, device) in devices.iter().enumerate() {
                let at_ms = round * 10 + step * 7 + i64::try_from(index).unwrap();
                let message = format!("{round}.{step}.{index}");
                entries.push(entry(device, Some(&group), at_ms, &message));
                expected.push((at_ms, device.clone(), round, message));
            }
        }
        entries.push(entry(&devices[0], Some(&other), round * 10 + 30, "elsewhere"));
        append(&db, 100_000, entries).await;
    }
    let mut seen = Vec::new();
    for number in 1.. {
        let filter = LogFilter { of: LogsOf::Group(group.clone()), sources: Vec::new(), text: None };
        let page = db.store.logs(filter, 1, Page { number, size: 100 }).await.unwrap();
        seen.extend(page.items);
        if !page.more {
            break;
        }
    }
    assert_eq!(seen.len(), expected.len());
    assert!(seen.is_sorted_by(|newer, older| newer.at_ms >= older.at_ms), "newest first");
    let mut seen: Vec<String> = seen.into_iter().map(|entry| entry.message).collect();
    let mut expected: Vec<String> = expected.into_iter().map(|(_, _, _, message)| message).collect();
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected, "each once");
}

async fn lists_show_only_what_is_asked_for(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let device = db.device(&ann).await.id;
    let mut entries: Vec<LogEntry> =
        (0..6).map(|at_ms| entry(&device, None, at_ms, &format!("Line {at_ms}"))).collect();
    entries[1].source = LogSource::ServerError;
    entries[3].source = LogSource::Status;
    entries[4].message = "ÜBER alles".into();
    append(&db, 1000, entries).await;
    let list = async |sources: &[LogSource], text: Option<&str>, size| {
        let filter =
            LogFilter { of: LogsOf::Device(device.clone()), sources: sources.to_vec(), text: text.map(str::to_owned) };
        let page = db.store.logs(filter, 1000, Page { number: 1, size }).await.unwrap();
        (page.items.into_iter().map(|entry| entry.at_ms).collect::<Vec<_>>(), page.more)
    };
    assert_eq!(list(&[LogSource::ServerError, LogSource::Status], None, 100).await, (vec![3, 1], false));
    assert_eq!(list(&[], Some("line"), 2).await, (vec![5, 3], true));
    assert_eq!(list(&[], Some("über"), 100).await, (vec![4], false));
    assert_eq!(list(&[LogSource::AgentLog], None, 100).await, (vec![], false));
}

async fn what_is_old_or_of_no_device_goes(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let (device, deleted) = (db.device(&ann).await.id, db.device(&ann).await.id);
    append(&db, 1000, vec![entry(&device, None, 1000, "old"), entry(&deleted, None, 1000, "x")]).await;
    append(&db, 1000, vec![entry(&device, None, 5000, "new")]).await;
    db.store.delete_device(&deleted, db.act(&ann)).await.unwrap();
    append(&db, 1000, vec![entry(&deleted, None, 6000, "nobody's"), entry(&device, None, 6000, "newest")]).await;
    assert_eq!(messages(&db, LogsOf::Device(deleted), 1000, ALL).await.0, Vec::<String>::new());
    db.store.delete_expired(7000, 3000).await.unwrap();
    assert_eq!(messages(&db, LogsOf::Device(device), 1000, ALL).await.0, ["newest", "new"]);
}

contract![
    entries_come_back_as_they_were_newest_first,
    pages_are_full_but_the_last,
    no_more_than_a_number_is_kept_of_each_device,
    a_group_has_what_its_devices_logged_there_by_time,
    lists_show_only_what_is_asked_for,
    what_is_old_or_of_no_device_goes,
];
