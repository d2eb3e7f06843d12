//! UARTs and their peers.

use platform::board::{Hardware, HardwareEvent, OutputChange, UartSetting};

use super::{at, events, hardware, kept, ready, uart};

fn setting(baud: u32) -> UartSetting {
    UartSetting {
        baud,
        word_bits: 8,
        has_parity: false,
        stop_bits: 1,
        sends: true,
        receives: true,
        uses_rts: false,
        is_timed: false,
    }
}

/// Everything that arrives on uart12 up to a time, with the time of its last byte.
fn received(hardware: &mut Hardware, until_us: i64) -> (Vec<u8>, i64) {
    let mut bytes = Vec::new();
    let mut last_us = 0;
    while let Some(at_us) = hardware.next_event_us().filter(|&at_us| at_us <= until_us) {
        for event in hardware.advance(at_us) {
            assert_eq!(event, HardwareEvent::UartData { bus: uart("uart12") });
            bytes.extend(hardware.read_uart(uart("uart12"), 1000));
            last_us = at_us - at(0.0);
        }
    }
    hardware.advance(until_us);
    (bytes, last_us)
}

fn with_peer(peer: &str, baud: u32) -> Hardware {
    let mut hardware = hardware(&format!("[uart]\nuart12 = {peer}"));
    hardware.configure_uart(uart("uart12"), setting(baud));
    hardware
}

#[test]
fn bytes_take_their_time() {
    let mut hardware = with_peer("\"loopback\"", 10_000);
    hardware.watch(true);
    assert_eq!(hardware.write_uart(uart("uart12"), b"abc"), at(0.0));
    assert_eq!(hardware.uart_idle_us(uart("uart12")), at(0.003));
    let data = || HardwareEvent::UartData { bus: uart("uart12") };
    assert_eq!(events(&mut hardware, at(1.0)), [(1000, data()), (2000, data()), (3000, data())]);
    assert_eq!(hardware.read_uart(uart("uart12"), 2), b"ab");
    assert_eq!(hardware.read_uart(uart("uart12"), 2), b"c");
    assert_eq!(hardware.read_uart(uart("uart12"), 2), b"");
    let outputs = hardware.take_outputs();
    assert_eq!(outputs[0].what, OutputChange::Uart { bus: uart("uart12"), bytes: b"abc".to_vec() });

    let slow = UartSetting { word_bits: 7, has_parity: true, stop_bits: 2, ..setting(11) };
    hardware.configure_uart(uart("uart12"), slow);
    hardware.write_uart(uart("uart12"), b"a");
    assert_eq!(hardware.uart_idle_us(uart("uart12")), at(2.0));
}

#[test]
fn a_full_fifo_holds_the_program_up() {
    let mut hardware = with_peer("\"silent\"", 10_000);
    hardware.set_uart_fifos(uart("uart12"), None, Some(4));
    assert_eq!(hardware.write_uart(uart("uart12"), b"1234"), at(0.0));
    assert_eq!(hardware.write_uart(uart("uart12"), b"56"), at(0.002));
    let mut hardware = kept(&hardware);
    hardware.advance(at(0.0025));
    assert_eq!(hardware.write_uart(uart("uart12"), b"7"), at(0.003));
}

#[test]
fn what_the_fifo_cannot_hold_is_lost() {
    let mut hardware = with_peer("\"silent\"", 115_200);
    hardware.set_uart_fifos(uart("uart12"), Some(3), None);
    hardware.inject_uart(uart("uart12"), b"12345");
    hardware.advance(at(1.0));
    assert!(hardware.take_uart_overrun(uart("uart12")));
    assert!(!hardware.take_uart_overrun(uart("uart12")));
    assert_eq!(hardware.read_uart(uart("uart12"), 10), b"123");
}

#[test]
fn directions_can_be_left_out() {
    let mut hardware = with_peer("\"loopback\"", 9600);
    hardware.configure_uart(uart("uart12"), UartSetting { receives: false, ..setting(9600) });
    hardware.write_uart(uart("uart12"), b"a");
    assert_eq!(events(&mut hardware, at(1.0)), []);
    hardware.configure_uart(uart("uart12"), UartSetting { sends: false, ..setting(9600) });
    hardware.write_uart(uart("uart12"), b"a");
    assert_eq!(hardware.next_event_us(), None);
    hardware.disable_uart(uart("uart12"));
    hardware.inject_uart(uart("uart12"), b"a");
    assert_eq!((hardware.next_event_us(), hardware.is_uart_configured(uart("uart12"))), (None, false));
}

#[test]
fn scripts_send_at_times_and_answer() {
    let script = r#"{ script = [
        { at_s = 1, send = "hello" },
        { at_s = 2, every_s = 10, send = [0x01, 0xFF] },
        { on = "AT\r", after_s = 0.5, send = "OK" },
        { on = "ATZ\r", send = "reset" },
    ] }"#;
    let mut hardware = with_peer(script, 10_000);
    assert_eq!(received(&mut hardware, at(1.9)), (b"hello".to_vec(), 1_005_000));
    assert_eq!(received(&mut hardware, at(12.5)), (vec![1, 0xFF, 1, 0xFF], 12_002_000));
    hardware.write_uart(uart("uart12"), b"AT\r");
    assert_eq!(received(&mut hardware, at(13.5)), (b"OK".to_vec(), 13_005_000));
    hardware.write_uart(uart("uart12"), b"ATZ");
    hardware.advance(at(14.0));
    let mut hardware = kept(&hardware);
    hardware.write_uart(uart("uart12"), b"\r");
    assert_eq!(received(&mut hardware, at(15.0)), (b"reset".to_vec(), 14_006_000));
}

#[test]
fn what_is_sent_to_nobody_is_lost() {
    let mut hardware =
        hardware("[uart]\nuart12 = { script = [{ at_s = 1, send = \"a\" }, { at_s = 3, send = \"b\" }] }");
    assert_eq!(hardware.next_event_us(), None);
    hardware.advance(at(2.0));
    hardware.configure_uart(uart("uart12"), setting(9600));
    assert_eq!(received(&mut hardware, at(4.0)).0, b"b");
}

/// Sends a request to the slave of the board `modbus`, and gives its answer without the checksum, which must be right.
fn ask(hardware: &mut Hardware, request: &[u8]) -> Vec<u8> {
    let bus = uart("uart1");
    hardware.write_uart(bus, &with_checksum(request));
    let until_us = hardware.uart_idle_us(bus) + 1_000_000;
    let mut answer = Vec::new();
    while let Some(at_us) = hardware.next_event_us().filter(|&at_us| at_us <= until_us) {
        hardware.advance(at_us);
        answer.extend(hardware.read_uart(bus, 300));
    }
    hardware.advance(until_us);
    if answer.is_empty() {
        return answer;
    }
    let body = answer[..answer.len() - 2].to_vec();
    assert_eq!(with_checksum(&body), answer);
    body
}

/// Modbus's checksum by polynomial division of the mirrored message.
fn with_checksum(body: &[u8]) -> Vec<u8> {
    let mut register: u32 = 0xFFFF;
    for byte in body {
        register ^= u32::from(byte.reverse_bits()) << 8;
        for _ in 0..8 {
            register <<= 1;
            if register & 0x1_0000 != 0 {
                register ^= 0x1_8005;
            }
        }
    }
    let checksum = u16::try_from(register).unwrap().reverse_bits();
    [body, &checksum.to_le_bytes()].concat()
}

fn modbus() -> Hardware {
    let mut hardware = ready("modbus");
    hardware.configure_uart(uart("uart1"), UartSetting { has_parity: true, ..setting(19_200) });
    hardware
}

#[test]
fn the_checksum_of_the_test_is_that_of_the_specification() {
    // A well-known request: read ten holding registers of unit 1 from zero on.
    assert_eq!(with_checksum(&[1, 3, 0, 0, 0, 10]), [1, 3, 0, 0, 0, 10, 0xC5, 0xCD]);
}

#[test]
fn a_modbus_slave_reads_and_writes() {
    let mut hardware = modbus();
    hardware.set_signal("temperature", Some(-2.5)).unwrap();
    hardware.set_signal("level", Some(55.5)).unwrap();
    let exchanges: [(&[u8], &[u8]); 12] = [
        (&[1, 4, 0, 0, 0, 2], &[1, 4, 4, 0xFF, 0xE7, 0x15, 0xAE]),
        (&[1, 4, 0, 10, 0, 1], &[1, 4, 2, 0x12, 0x67]),
        (&[1, 2, 0, 0, 0, 4], &[1, 2, 1, 0b1001]),
        (&[1, 3, 0, 100, 0, 2], &[1, 3, 4, 0x25, 0x80, 0, 1]),
        (&[1, 6, 0, 1, 0x12, 0x34], &[1, 6, 0, 1, 0x12, 0x34]),
        (&[1, 22, 0, 1, 0x00, 0xF0, 0xFF, 0x0F], &[1, 22, 0, 1, 0x00, 0xF0, 0xFF, 0x0F]),
        (&[1, 16, 0, 2, 0, 2, 4, 0, 7, 0, 8], &[1, 16, 0, 2, 0, 2]),
        (&[1, 23, 0, 1, 0, 3, 0, 3, 0, 1, 2, 0, 9], &[1, 23, 6, 0xFF, 0x3F, 0, 7, 0, 9]),
        (&[1, 5, 0, 1, 0xFF, 0], &[1, 5, 0, 1, 0xFF, 0]),
        (&[1, 1, 0, 0, 0, 2], &[1, 1, 1, 0b10]),
        (&[1, 15, 0, 0, 0, 2, 1, 0b01], &[1, 15, 0, 0, 0, 2]),
        (&[1, 1, 0, 0, 0, 2], &[1, 1, 1, 0b01]),
    ];
    for (request, answer) in exchanges {
        assert_eq!(ask(&mut hardware, request), answer, "{request:?}");
        hardware = kept(&hardware);
    }
}

#[test]
fn a_modbus_slave_refuses() {
    let mut hardware = modbus();
    let exchanges: [(&[u8], &[u8]); 9] = [
        (&[1, 7], &[1, 0x87, 1]),
        (&[1, 3, 0, 3, 0, 2], &[1, 0x83, 2]),
        (&[1, 3, 0xFF, 0xFF, 0, 2], &[1, 0x83, 2]),
        (&[1, 6, 0, 50, 0, 1], &[1, 0x86, 2]),
        (&[1, 3, 0, 0, 0, 0], &[1, 0x83, 3]),
        (&[1, 3, 0, 0, 0, 126], &[1, 0x83, 3]),
        (&[1, 3, 0], &[1, 0x83, 3]),
        (&[1, 5, 0, 0, 0x12, 0x34], &[1, 0x85, 3]),
        (&[1, 16, 0, 0, 0, 2, 4, 0, 7], &[1, 0x90, 3]),
    ];
    for (request, answer) in exchanges {
        assert_eq!(ask(&mut hardware, request), answer, "{request:?}");
    }
}

#[test]
fn a_modbus_slave_answers_what_is_meant_for_it_only() {
    let mut hardware = modbus();
    assert_eq!(ask(&mut hardware, &[2, 3, 0, 0, 0, 1]), [], "for another");
    assert_eq!(ask(&mut hardware, &[0, 6, 0, 0, 0, 42]), [], "for all: done, but not answered");
    assert_eq!(ask(&mut hardware, &[1, 3, 0, 0, 0, 1]), [1, 3, 2, 0, 42]);
    hardware.write_uart(uart("uart1"), &[1, 3, 0, 0, 0, 1, 0, 0]);
    assert_eq!(events(&mut hardware, at(100.0)), [], "a wrong checksum");
    // A frame ends with silence: what comes in two pieces is two frames, and neither is whole.
    let request = with_checksum(&[1, 3, 0, 0, 0, 1]);
    hardware.write_uart(uart("uart1"), &request[..4]);
    hardware.advance(at(101.0));
    hardware.write_uart(uart("uart1"), &request[4..]);
    assert_eq!(events(&mut hardware, at(102.0)), []);
}

#[test]
fn a_modbus_answer_comes_after_silence_and_delay() {
    let mut hardware = modbus();
    hardware.write_uart(uart("uart1"), &with_checksum(&[1, 3, 0, 0, 0, 1]));
    let byte_us = 11_000_000_i64 / 19_200 + 1;
    let first = events(&mut hardware, at(1.0)).first().unwrap().0;
    assert_eq!(first, 8 * byte_us + byte_us * 7 / 2 + 5000 + byte_us);
}

/// Where RTS is wired and used, nothing is lost: the other end goes on when there is room, and what comes keeps its order.
#[test]
fn the_other_end_waits_for_room_if_it_heeds_rts() {
    let receive = |uses_rts, wired: &str| {
        let mut hardware = hardware(wired);
        let line = uart("uart12");
        hardware.set_uart_fifos(line, Some(3), None);
        hardware.configure_uart(line, UartSetting { uses_rts, ..setting(10_000) });
        hardware.inject_uart(line, b"abcdefgh");
        hardware.advance(at(0.1));
        assert_eq!(hardware.next_event_us(), None);
        let first = hardware.read_uart(line, 2);
        let mut hardware = kept(&hardware);
        let resumed = hardware.next_event_us();
        hardware.inject_uart(line, b"i");
        let mut all = first;
        for second in 1..10 {
            hardware.advance(at(f64::from(second)));
            all.extend(hardware.read_uart(line, 2));
        }
        (String::from_utf8(all).unwrap(), resumed, hardware.take_uart_overrun(line))
    };
    let wired = "cts_rts = [\"uart12\"]";
    assert_eq!(receive(true, wired), ("abcdefghi".to_owned(), Some(at(0.101)), false));
    assert_eq!(receive(false, wired), ("abci".to_owned(), None, true));
    assert_eq!(receive(true, ""), ("abci".to_owned(), None, true));
}

#[test]
fn bytes_say_when_they_came_if_that_is_wanted() {
    let mut hardware = hardware("");
    let line = uart("uart12");
    hardware.configure_uart(line, UartSetting { is_timed: true, ..setting(10_000) });
    hardware.inject_uart(line, b"ab");
    hardware.advance(at(0.5));
    hardware.inject_uart(line, b"c");
    hardware.advance(at(20.0));
    hardware.inject_uart(line, b"d");
    let mut hardware = kept(&hardware);
    hardware.advance(at(21.0));
    let mut next = || (hardware.uart_gap_us(line), hardware.read_uart(line, 1));
    let came: Vec<_> = (0..5).map(|_| next()).collect();
    let byte = |gap_us, byte: u8| (Some(gap_us), vec![byte]);
    assert_eq!(
        came,
        [byte(1000, b'a'), byte(1000, b'b'), byte(499_000, b'c'), byte(0x7F_FFFF, b'd'), (None, Vec::new())]
    );
}

#[test]
fn hardware_that_takes_turns_is_late_and_misses_nothing() {
    let line = "x".repeat(1000);
    let on = (0..200).map(|number| format!("{{ on = \"{number}\", send = \"{number}\" }}"));
    let lines: Vec<String> = on.chain([format!("{{ every_s = 0.01, send = \"{line}\" }}")]).collect();
    let with_fifo = || {
        let mut hardware = with_peer(&format!("{{ script = [{}] }}", lines.join(", ")), 10_000_000);
        hardware.set_uart_fifos(uart("uart12"), Some(65_536), None);
        hardware
    };
    let mut at_once = with_fifo();
    let told = at_once.advance(at(0.05));
    assert!(told.len() >= 4000 && !at_once.is_late());

    let mut in_turns = with_fifo();
    in_turns.take_turns();
    let mut told_in_turns = in_turns.advance(at(0.05));
    assert!(told_in_turns.len() <= 100 && in_turns.is_late());
    assert!(in_turns.now_us() < at(0.02) && in_turns.next_event_us() < Some(at(0.02)));
    while in_turns.is_late() {
        let more = in_turns.advance(at(0.05));
        assert!(more.len() <= 100);
        told_in_turns.extend(more);
    }
    assert_eq!((told_in_turns, in_turns.state()), (told, at_once.state()));
}

#[test]
fn what_is_watched_comes_in_pieces_and_does_not_pile_up() {
    let mut hardware = with_peer("\"silent\"", 10_000);
    let lengths = |hardware: &mut Hardware| {
        let outputs = hardware.take_outputs().into_iter();
        let length = |what| if let OutputChange::Uart { bytes, .. } = what { bytes.len() } else { 0 };
        outputs.map(|output| length(output.what)).collect::<Vec<usize>>()
    };
    hardware.write_uart(uart("uart12"), &[0; 2000]);
    assert_eq!(lengths(&mut hardware), [0; 0]);
    hardware.watch(true);
    hardware.write_uart(uart("uart12"), &[0; 2500]);
    assert_eq!((lengths(&mut hardware), hardware.take_skipped()), (vec![1024, 1024, 452], 0));
    hardware.write_uart(uart("uart12"), &vec![0; 3 << 20]);
    assert_eq!((lengths(&mut hardware), hardware.take_skipped()), (vec![1024; 1024], 2048));
    for _ in 0..5000 {
        hardware.write_uart(uart("uart12"), b"x");
    }
    assert_eq!((lengths(&mut hardware), hardware.take_skipped()), (vec![1; 4096], 904));
    hardware.write_uart(uart("uart12"), &[0; 1024]);
    hardware.watch(true);
    assert_eq!((lengths(&mut hardware), hardware.take_skipped()), (vec![], 0));
}
