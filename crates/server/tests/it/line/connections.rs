//! Who is online, and since when.

use super::Bed;
use crate::world::{on_each, on_each_with};
use impstead_device_protocol::{Close, CloseReason, DeviceFrame, Facts};
use impstead_testkit::TestDevice;
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_device_is_online_while_it_is_connected() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        let before = bed.device().await;
        assert_eq!((&before["device_online"], &before["device_state_changed_at"]), (&json!(false), &json!(null)));
        world.advance_ms(1000);
        let device = bed.connect(&world).await;
        let online = bed.until_online(true).await;
        assert_eq!(online["ip_address"], "127.0.0.1");
        world.advance_ms(2000);
        device.vanish();
        let offline = bed.until_online(false).await;
        assert_ne!(offline["device_state_changed_at"], online["device_state_changed_at"]);
        bed.until_log_ends(&["status: Device connected", "status: Device disconnected"]).await;
    })
    .await;
}

#[tokio::test]
async fn a_device_says_goodbye() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        let mut device = bed.connect(&world).await;
        device.send(DeviceFrame::Close(Close::new(CloseReason::NORMAL, ""))).await;
        assert_eq!(device.next().await, None, "the server closes the transport");
        bed.until_online(false).await;
    })
    .await;
}

#[tokio::test]
async fn facts_follow_what_the_device_says() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        let (mut device, _) = TestDevice::connect_with(&world.server, &bed.identity, |hello| {
            hello.facts = Facts {
                os_version: Some("3fd20aa - release-42.15 - Tue Jan 13 09:00:00 2026 - production".into()),
                free_memory_bytes: Some(91240),
                rssi_dbm: Some(-58),
                ..Facts::default()
            };
        })
        .await;
        let attributes = bed.device().await;
        assert_eq!(attributes["swversion"], "3fd20aa - release-42.15 - Tue Jan 13 09:00:00 2026 - production");
        assert_eq!((&attributes["free_memory"], &attributes["rssi"]), (&json!(91240), &json!(-58)));
        let report =
            |bytes| DeviceFrame::Report(Box::new(Facts { free_memory_bytes: Some(bytes), ..Facts::default() }));
        device.send(report(88000)).await;
        device.send(report(77000)).await;
        device.expect_nothing().await;
        assert_eq!(bed.device().await["free_memory"], 88000, "at most one a minute");
        world.advance_ms(60_000);
        device.send(report(66000)).await;
        device.expect_nothing().await;
        let attributes = bed.device().await;
        assert_eq!((&attributes["free_memory"], &attributes["rssi"]), (&json!(66000), &json!(-58)));
    })
    .await;
}

#[tokio::test]
async fn a_newer_connection_takes_the_place_of_the_older() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        let mut older = bed.connect(&world).await;
        let mut newer = bed.connect(&world).await;
        assert_eq!(older.expect_close().await.reason, CloseReason::REPLACED);
        newer.log_acknowledged("I am here").await;
        bed.until_online(true).await;
        bed.until_log_ends(&["status: Device connected", "server.log: I am here"]).await;
        assert!(!bed.log().await.contains(&"status: Device disconnected".to_owned()));
        newer.vanish();
        bed.until_online(false).await;
    })
    .await;
}

#[tokio::test]
async fn a_device_that_is_deleted_is_sent_away() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        let mut device = bed.connect(&world).await;
        bed.owner.remove(&bed.group, &[&bed.identity.id]).await.is(204);
        bed.owner.delete(&format!("/v5/devices/{}", bed.identity.id)).await.is(204);
        assert_eq!(device.expect_close().await.reason, CloseReason::NOT_AUTHORISED);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_stops_sends_its_devices_away() {
    on_each(async |mut world| {
        let bed = Bed::new(&world).await;
        let mut device = bed.connect(&world).await;
        let seen = tokio::spawn(async move { device.expect_close().await });
        world.server.stop().await;
        let close = seen.await.unwrap();
        assert_eq!(close.reason, CloseReason::GOING_AWAY);
        assert!((1..=30).contains(&close.retry_after_s), "{close:?}");
        let found = world.server.store().device(&bed.identity.id).await.unwrap().unwrap();
        assert!(!found.online);
    })
    .await;
}

#[tokio::test]
async fn many_devices_come_at_once() {
    on_each(async |world| {
        let owner = world.account("grower").await;
        let owner_id = impstead_model::AccountId::new(&owner.id);
        let mut identities = Vec::new();
        for _ in 0..150 {
            identities.push(world.server.add_identity(&owner_id).await);
        }
        for _ in 0..2 {
            let connecting: Vec<_> =
                identities.iter().map(|identity| TestDevice::connect(&world.server, identity)).collect();
            let mut devices = futures_util::future::join_all(connecting).await;
            assert_eq!(world.server.app().line.connected(), 150);
            for device in &mut devices {
                device.expect_nothing().await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_peer_that_is_dead_is_found_within_the_heartbeat() {
    let hasty = |config: &mut impstead_server::Config| config.device_heartbeat_s = 1;
    on_each_with(hasty, async |world| {
        let bed = Bed::new(&world).await;
        // Its pings are answered while it reads.
        let mut device = bed.connect(&world).await;
        let silence = tokio::time::timeout(Duration::from_millis(2500), device.next()).await;
        assert!(silence.is_err(), "{silence:?}");
        assert_eq!(bed.device().await["device_online"], true);
        // The socket stays open, but nobody is there: a half-open connection.
        let began = Instant::now();
        bed.until_online(false).await;
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        bed.until_log_ends(&["status: Device connected", "status: Device disconnected"]).await;
        drop(device);
    })
    .await;
}
