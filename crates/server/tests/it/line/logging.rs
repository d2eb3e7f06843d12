//! Lines from devices, and what they are acknowledged by.

use super::Bed;
use crate::world::{on_each, on_each_with};
use impstead_device_protocol::{
    CloseReason, DeviceFrame, ExitCode, Log, LogKind, ServerFrame, Sleep, SleepKind, Value,
};

#[tokio::test]
async fn lines_of_a_device_are_kept_in_order() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        let mut device = bed.connect(&world).await;
        device.log("one").await;
        let seq = device.sequence();
        let text = "ERROR: two".into();
        device.send(DeviceFrame::Log(Log { seq, ack_wanted: false, kind: LogKind::ERROR, text })).await;
        let seq = device.sequence();
        let text = vec![0xb5, 0x62, 0x06];
        device.send(DeviceFrame::Log(Log { seq, ack_wanted: false, kind: LogKind(77), text })).await;
        device.send(DeviceFrame::Sleep(Sleep { kind: SleepKind::DEEP_SLEEP, seconds: 3600 })).await;
        device.send(DeviceFrame::ExitCode(ExitCode { code: 16, text: "imp.reset()".into() })).await;
        device.send(DeviceFrame::ExitCode(ExitCode { code: 7, text: String::new() })).await;
        bed.until_log_ends(&[
            "status: Device connected",
            "server.log: one",
            "server.error: ERROR: two",
            "server.log: binary: b5 62 06",
            "server.sleep: sleeping for 3600 seconds",
            "lastexitcode: imp.reset() (code 16)",
            "lastexitcode: exit code 7",
        ])
        .await;
    })
    .await;
}

#[tokio::test]
async fn what_is_acknowledged_is_kept() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        let mut device = bed.connect(&world).await;
        for number in 0..20 {
            let line = format!("line {number}");
            device.log_acknowledged(&line).await;
            let id = impstead_model::DeviceId::new(&bed.identity.id);
            let filter =
                impstead_store::LogFilter { of: impstead_store::LogsOf::Device(id), sources: Vec::new(), text: None };
            let page = impstead_store::Page { number: 1, size: 1 };
            let kept = world.server.store().logs(filter, 1000, page).await.unwrap();
            assert_eq!(kept.items[0].message, line);
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_takes_a_message_yet() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        let mut device = bed.connect(&world).await;
        device.message("reading", Value::Int(1), false).await;
        let seq = device.message("reading", Value::Int(2), true).await;
        assert_eq!(device.expect().await, ServerFrame::Ack(seq));
        let line = "agent.error: ERROR: no handler for agent.send(\"reading\")";
        bed.until_log_ends(&[line, line]).await;
    })
    .await;
}

#[tokio::test]
async fn numbers_that_are_not_due_end_the_connection() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        let mut device = bed.connect(&world).await;
        let text = b"out of turn".to_vec();
        device.send(DeviceFrame::Log(Log { seq: 2, ack_wanted: false, kind: LogKind::LOG, text })).await;
        assert_eq!(device.expect_close().await.reason, CloseReason::PROTOCOL_ERROR);
        let mut device = bed.connect(&world).await;
        device.send(DeviceFrame::Ack(1)).await;
        assert_eq!(device.expect_close().await.reason, CloseReason::PROTOCOL_ERROR, "nothing was sent");
    })
    .await;
}

#[tokio::test]
async fn a_device_that_logs_too_much_is_throttled_and_told_in_the_log() {
    on_each_with(
        |config| config.log_limits.burst = 3,
        async |world| {
            let bed = Bed::new(&world).await;
            let mut device = bed.connect(&world).await;
            for number in 1..=5 {
                device.log(&number.to_string()).await;
            }
            let seq = device.sequence();
            let text = b"6".to_vec();
            device.send(DeviceFrame::Log(Log { seq, ack_wanted: true, kind: LogKind::LOG, text })).await;
            assert_eq!(device.expect().await, ServerFrame::Ack(seq), "a dropped line is acknowledged all the same");
            bed.until_log_ends(&["server.log: 1", "server.log: 2", "server.log: 3", "status: Messages throttled"])
                .await;
        },
    )
    .await;
}
