//! What becomes of units of work that fail, panic, meet, or find no room: cases that no public method gets into.

use crate::{
    Conflict, StoreError,
    conn::{Conn, Lock},
    fixture::{Db, conflict, contract},
};
use impstead_model::AccountId;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
    mpsc,
};

fn note(conn: &mut Conn<'_>, key: &str) -> Result<(), StoreError> {
    conn.run("insert into meta (key, value) values (?1, 'x')", &[&key]).map(drop)
}

async fn notes(db: &Db) -> String {
    let keys = db
        .store
        .read(|conn| conn.all("select key from meta where value = 'x' order by key", &[], |row| row.get::<String>(0)));
    keys.await.unwrap().join(" ")
}

/// A unit of work that waits.
struct Hold {
    end: mpsc::Sender<()>,
    unit: tokio::task::JoinHandle<Result<(), StoreError>>,
}

impl Hold {
    /// Lets it go on, once what comes next has had the time to queue up.
    async fn end(self) -> Result<(), StoreError> {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        drop(self.end);
        self.unit.await.unwrap()
    }
}

/// On SQLite, has the writer wait, so that what comes next shares one commit.
async fn hold_the_writer(db: &Arc<Db>) -> Hold {
    let (end, held) = mpsc::channel::<()>();
    let (started, running) = mpsc::channel();
    let held = Mutex::new(held);
    let store = db.store.clone();
    let unit = tokio::spawn(async move {
        store
            .write(move |conn| {
                note(conn, "first")?;
                let _ = started.send(());
                let _ = held.lock().unwrap().recv();
                Ok(())
            })
            .await
    });
    tokio::task::spawn_blocking(move || running.recv()).await.unwrap().unwrap();
    Hold { end, unit }
}

/// On SQLite a read that turns out long starts again on a thread of its own, and ends as if nothing had happened.
async fn a_long_read_moves_to_another_thread(db: Arc<Db>) {
    let threads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&threads);
    let count = db.store.read(move |conn| {
        seen.lock().unwrap().push(std::thread::current().id());
        let count = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000)
                     select count(*) from n";
        conn.first(count, &[], |row| row.get::<i64>(0))
    });
    assert_eq!(count.await.unwrap(), Some(100_000));
    let threads = threads.lock().unwrap();
    match db.store.sqlite_path() {
        Some(_) => assert!(threads.len() == 2 && threads[0] != threads[1], "{threads:?}"),
        None => assert_eq!(threads.len(), 1),
    }
}

async fn a_refused_unit_leaves_its_neighbours(db: Arc<Db>) {
    let hold = hold_the_writer(&db).await;
    let units: Vec<_> = (0..9)
        .map(|number| {
            let store = db.store.clone();
            tokio::spawn(async move {
                store
                    .write(move |conn| {
                        note(conn, &format!("unit{number}"))?;
                        match number % 3 {
                            0 => Ok(()),
                            1 => Err(Conflict::DeviceAssigned.into()),
                            _ => conn.script("this is not SQL"),
                        }
                    })
                    .await
            })
        })
        .collect();
    hold.end().await.unwrap();
    for (number, unit) in units.into_iter().enumerate() {
        let outcome = unit.await.unwrap();
        match number % 3 {
            0 => outcome.unwrap(),
            1 => assert_eq!(conflict(outcome), Conflict::DeviceAssigned),
            _ => assert!(matches!(outcome, Err(StoreError::Database(_))), "{outcome:?}"),
        }
    }
    assert_eq!(notes(&db).await, "first unit0 unit3 unit6");
}

async fn a_panicking_unit_leaves_its_neighbours(db: Arc<Db>) {
    let hold = hold_the_writer(&db).await;
    let units: Vec<_> = (0..4)
        .map(|number| {
            let store = db.store.clone();
            tokio::spawn(async move {
                store
                    .write(move |conn| {
                        note(conn, &format!("unit{number}"))?;
                        assert!(number % 2 == 0, "on purpose");
                        Ok(())
                    })
                    .await
            })
        })
        .collect();
    hold.end().await.unwrap();
    for (number, unit) in units.into_iter().enumerate() {
        let outcome = unit.await.unwrap();
        assert_eq!(outcome.is_ok(), number % 2 == 0, "{outcome:?}");
    }
    assert_eq!(notes(&db).await, "first unit0 unit2");
    let read = db.store.read(|_| -> Result<(), StoreError> { panic!("on purpose") });
    if db.is_postgres() {
        assert!(matches!(read.await, Err(StoreError::Database(_))));
    }
    assert!(!db.store.is_failing());
}

async fn units_that_deadlock_are_tried_again(db: Arc<Db>) {
    if !db.is_postgres() {
        // One writer cannot meet itself.
        return;
    }
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    let meeting = Arc::new(std::sync::Barrier::new(2));
    let runs = Arc::new(AtomicU32::new(0));
    let unit = |first: AccountId, second: AccountId| {
        let (store, meeting, runs) = (db.store.clone(), Arc::clone(&meeting), Arc::clone(&runs));
        tokio::spawn(async move {
            store
                .write(move |conn| {
                    conn.lock_row(Lock::Change, "account", first.as_str())?;
                    if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                        meeting.wait();
                    }
                    conn.lock_row(Lock::Change, "account", second.as_str())?;
                    note(conn, first.as_str())
                })
                .await
        })
    };
    let units = [unit(ann.clone(), bob.clone()), unit(bob, ann)];
    for unit in units {
        unit.await.unwrap().unwrap();
    }
    assert!(runs.load(Ordering::SeqCst) >= 3);
    assert_eq!(db.count("meta where value = 'x'"), 2);
}

async fn a_full_disk_stops_writes_until_there_is_room(db: Arc<Db>) {
    if db.is_postgres() {
        // Its disk is the server's; `outages.rs` of the contract suite has a server that refuses.
        return;
    }
    let ann = db.account("ann").await.id;
    // To SQLite, a file that may not grow is a full disk.
    let limit =
        |pages: &'static str| db.store.write(move |conn| conn.script(&format!("pragma max_page_count = {pages}")));
    limit("1").await.unwrap();
    let big = |number: u32| {
        db.store.write(move |conn| {
            conn.run("insert into meta (key, value) values (?1, ?2)", &[&number.to_string(), &"x".repeat(100_000)])
        })
    };
    // What is in the file's free space still fits.
    let mut refused = None;
    for number in 0..50 {
        if let Err(error) = big(number).await {
            refused = Some((number, error));
            break;
        }
    }
    let (number, error) = refused.expect("the disk is full");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert!(db.store.is_failing());
    for number in number..number + 5 {
        let outcome = big(number).await;
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
        assert!(db.store.account(&ann).await.unwrap().is_some(), "reads go on");
    }
    assert!(db.store.is_failing());
    assert_eq!(db.count("meta where length(value) = 100000"), i64::from(number));

    // Neighbours of one that finds no room are refused with it: none of them may be answered as done.
    let hold = hold_the_writer(&db).await;
    let units: Vec<_> = (100..103)
        .map(|number| {
            let store = db.store.clone();
            tokio::spawn(async move {
                let size = if number == 101 { 100_000 } else { 1 };
                let key = number.to_string();
                store
                    .write(move |conn| {
                        conn.run("insert into meta (key, value) values (?1, ?2)", &[&key, &"x".repeat(size)])
                    })
                    .await
            })
        })
        .collect();
    let mut outcomes = vec![hold.end().await.map(|()| 0)];
    for unit in units {
        outcomes.push(unit.await.unwrap());
    }
    for outcome in outcomes {
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    }
    assert_eq!((db.count("meta where key > '1' and key < '2'"), notes(&db).await), (0, String::new()));

    limit("1000000").await.unwrap();
    assert!(!db.store.is_failing(), "it recovers by itself");
    big(number).await.unwrap();
}

contract![
    a_long_read_moves_to_another_thread,
    a_refused_unit_leaves_its_neighbours,
    a_panicking_unit_leaves_its_neighbours,
    units_that_deadlock_are_tried_again,
    a_full_disk_stops_writes_until_there_is_room,
];
