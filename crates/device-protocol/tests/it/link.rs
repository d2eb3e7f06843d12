use impstead_device_protocol::{Backoff, DEFAULT_HEARTBEAT_S, Gap, Heartbeat, Incoming, Outgoing, Pulse};

#[test]
fn a_dead_peer_is_found_within_30_seconds() {
    let mut heartbeat = Heartbeat::new(DEFAULT_HEARTBEAT_S, 1000);
    assert_eq!(heartbeat.pulse(1000), Pulse::Wait(15_000));
    heartbeat.heard(5000);
    assert_eq!(heartbeat.pulse(19_999), Pulse::Wait(1));
    assert_eq!(heartbeat.pulse(20_000), Pulse::Ping);
    assert_eq!(heartbeat.pulse(20_000), Pulse::Wait(15_000));
    assert_eq!(heartbeat.pulse(34_999), Pulse::Wait(1));
    assert_eq!(heartbeat.pulse(35_000), Pulse::Dead);
    // Anything that is heard is life, and clocks that step back do no harm.
    heartbeat.heard(35_000);
    heartbeat.heard(10);
    assert_eq!(heartbeat.pulse(10), Pulse::Wait(15_000));
    assert_eq!(heartbeat.pulse(50_000), Pulse::Ping);
}

#[test]
fn messages_are_numbered_without_gaps() {
    let (mut out, mut inn) = (Outgoing::default(), Incoming::default());
    assert_eq!(inn.last(), 0);
    for expected in 1..=3 {
        assert_eq!(out.take(), Some(expected));
        assert_eq!(inn.receive(expected), Ok(()));
    }
    for found in [0, 3, 5, u32::MAX] {
        assert_eq!(inn.receive(found), Err(Gap { expected: 4, found }));
    }
    assert_eq!(out.acknowledge(2), Ok(()));
    assert_eq!(out.acknowledge(1), Ok(()));
    assert!(out.has_arrived(1) && out.has_arrived(2) && !out.has_arrived(3));
    assert_eq!(out.acknowledge(4), Err(Gap { expected: 3, found: 4 }));
}

#[test]
fn waits_double_up_to_a_minute_and_differ() {
    let mut backoff = Backoff::default();
    let longest: Vec<u32> = (0..8).map(|_| backoff.wait_ms(0)).collect();
    assert_eq!(longest, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    for random in (0..u32::MAX).step_by(9_999_991) {
        assert!((30_000..=60_000).contains(&backoff.wait_ms(random)));
    }
    backoff.reset();
    assert_eq!(backoff.wait_ms(500), 500);
}
