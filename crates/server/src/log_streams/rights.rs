//! Streams last longer than the rights with which they were made: those are looked at again and again.

use super::streams::Stream;
use crate::App;
use impstead_model::{AccountId, DeviceId, Right, Role, Side};
use impstead_store::{LogsOf, StoreError, Wake};
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::{
    sync::broadcast::{Receiver, error::TryRecvError},
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

/// How often streams are looked through for what no longer may be.
const EVERY: Duration = Duration::from_millis(500);

/// How often all of them are checked, whether or not anything is known to have changed: another process on the same
/// database may have changed it.
const ALL_EVERY: Duration = Duration::from_secs(15);

/// Takes away, until told to stop, what streams no longer may carry, and forgets those that nobody opens.
pub async fn watch(app: App, stop: CancellationToken) {
    let mut wakes = app.store.wakes();
    let mut epoch = app.store.session_epoch();
    let mut all_due = Instant::now() + ALL_EVERY;
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    'ticks: loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        app.streams.expire(&app);
        // The number is taken before the reads: a change after it is seen the next time.
        let now_epoch = app.store.session_epoch();
        let changed = changed_devices(&mut wakes);
        let all = now_epoch != epoch || Instant::now() >= all_due || changed.is_none();
        let changed = changed.unwrap_or_default();
        if !all && changed.is_empty() {
            continue;
        }
        for stream in app.streams.all() {
            let concerned = all || stream.follower.devices().iter().any(|device| changed.contains(device));
            if concerned && let Err(error) = check(&app, &stream).await {
                tracing::warn!(cause = %error, "cannot check what log streams may carry");
                all_due = Instant::now();
                continue 'ticks;
            }
            // Reads of SQLite take place on this very thread, which others need too.
            tokio::task::yield_now().await;
        }
        if all {
            (epoch, all_due) = (now_epoch, Instant::now() + ALL_EVERY);
        }
    }
}

/// Returns the devices about which something was committed since the last time; `None` if that may be all.
fn changed_devices(wakes: &mut Receiver<Wake>) -> Option<HashSet<DeviceId>> {
    let mut changed = HashSet::new();
    loop {
        match wakes.try_recv() {
            Ok(Wake::Device(device)) => drop(changed.insert(device)),
            Ok(_) => {}
            Err(TryRecvError::Lagged(_)) => {
                *wakes = wakes.resubscribe();
                return None;
            }
            Err(TryRecvError::Empty | TryRecvError::Closed) => return Some(changed),
        }
    }
}

/// Takes away what a stream no longer may carry.
async fn check(app: &App, stream: &Arc<Stream>) -> Result<(), StoreError> {
    let has_session = has_session(app, stream).await?;
    let Some(of) = &stream.tail_of else {
        if !has_session {
            app.streams.close(stream);
            return Ok(());
        }
        for device in stream.follower.devices() {
            if !may_read_device(app, &stream.account, &device).await? {
                stream.follower.unfollow_device(&device);
            }
        }
        return Ok(());
    };
    let may_read = has_session
        && match of {
            LogsOf::Device(device) => may_read_device(app, &stream.account, device).await?,
            LogsOf::Group(group) => match app.store.device_group(group).await? {
                Some(group) => may_read(app, &stream.account, &group.owner, group.kind.side()).await?,
                None => false,
            },
        };
    if !may_read {
        app.streams.end(stream);
    }
    Ok(())
}

/// Whether the account and the session with which a stream was made are still good. A stream with a path outlives an
/// access token that has merely expired, since its clients renew that and do not say so here; a tail does not.
async fn has_session(app: &App, stream: &Stream) -> Result<bool, StoreError> {
    if app.clock.now_ms() < stream.session.record.expires_ms {
        let session = app.store.session(&stream.session.access_hash).await?;
        return Ok(session.is_some_and(|session| !session.disabled));
    }
    let account = if stream.tail_of.is_none() { app.store.account(&stream.account).await? } else { None };
    Ok(account.is_some_and(|account| !account.disabled))
}

async fn may_read_device(app: &App, account: &AccountId, device: &DeviceId) -> Result<bool, StoreError> {
    match app.store.device(device.as_str()).await? {
        Some(device) => may_read(app, account, &device.owner, device.side()).await,
        None => Ok(false),
    }
}

async fn may_read(app: &App, account: &AccountId, owner: &AccountId, side: Side) -> Result<bool, StoreError> {
    let role = if account == owner {
        Some(Role::Owner)
    } else {
        app.store.collaborator(owner, account).await?.map(|collaborator| collaborator.role)
    };
    Ok(role.is_some_and(|role| role.may(Right::ReadInside(side))))
}
