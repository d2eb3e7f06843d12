//! The hardware outlives programs, wakes the imp, and can be reached from outside.

use imp::{Stored, factory_blink_up};
use impstead_device_protocol::{Answer, AnswerCode, DeviceId, Key, ServerFrame, Value};
use platform::board::{Board, Input, OutputChange, Pin, UartBus};

use crate::world::World;

fn world(board: &str, source: &str) -> World {
    let mut world = World::on(Board::parse(board).unwrap(), Some(source), Stored::default());
    world.run_for(1);
    world
}

fn pin(name: &str) -> Pin {
    Pin::named(name).unwrap()
}

#[test]
fn pins_are_driven_and_watched_from_outside() {
    let source = r#"
        hardware.pin2.configure(DIGITAL_OUT, 0);
        hardware.pin1.configure(DIGITAL_IN, function() {
            hardware.pin2.write(hardware.pin1.read());
            server.log("edge " + hardware.pin1.read());
        });
    "#;
    let mut world = world("imp = \"imp003\"", source);
    world.take();
    world.imp.watch(true);
    world.imp.set_input(world.now_us, pin("pin1"), Some(Input::Level(true)));
    world.run_for(1);
    world.imp.set_input(world.now_us, pin("pin1"), None);
    assert_eq!(world.run_for(1).take(), ["edge 1", "edge 0"]);
    let changes: Vec<OutputChange> = world.imp.take_changes().into_iter().map(|(_, change)| change).collect();
    let level = |is_high| OutputChange::Level { pin: pin("pin2"), is_high };
    assert_eq!(changes, [level(true), level(false)]);
}

#[test]
fn what_there_is_depends_on_the_type() {
    let there = |imp_type: &str| {
        let source = "server.log((\"usb\" in hardware) + \" \" + (\"spiflash\" in hardware))";
        world(&format!("imp = \"{imp_type}\""), source).take().pop().unwrap()
    };
    assert_eq!(["imp002", "imp005", "imp006"].map(there), ["false false", "true true", "false true"]);
}

#[test]
fn bytes_come_from_outside() {
    let source = r#"
        uart <- hardware.uart12;
        uart.configure(9600, 8, PARITY_NONE, 1, NO_CTSRTS, @() server.log("got " + uart.readstring()));
    "#;
    let mut world = world("imp = \"imp003\"", source);
    world.take();
    world.imp.inject_uart(world.now_us, UartBus::named("uart12").unwrap(), b"ab");
    let heard = world.run_for(1).take();
    assert_eq!(heard.concat().replace("got ", ""), "ab");
}

#[test]
fn a_pin_wakes_from_deep_sleep_and_others_do_not() {
    let source = r#"
        server.log("reason " + hardware.wakereason());
        hardware.pin1.configure(DIGITAL_IN_WAKEUP);
        hardware.pin2.configure(DIGITAL_IN, @() server.log("never"));
        imp.onidle(@() server.sleepfor(1000));
    "#;
    let mut world = world("imp = \"imp001\"", source);
    assert_eq!(world.take()[3], "reason 4");
    world.imp.set_input(world.now_us, pin("pin2"), Some(Input::Level(true)));
    world.run_for(10);
    assert_eq!(world.take(), Vec::<String>::new());
    world.imp.set_input(world.now_us, pin("pin1"), Some(Input::Level(true)));
    assert_eq!(world.run_for(1).take()[..2], ["hello PIN", "reason 3"]);
    // It is high already, which is no reason.
    assert_eq!(world.run_for(990).take(), Vec::<String>::new());
    assert_eq!(world.run_for(20).take()[..2], ["hello TIMER", "reason 1"]);
}

#[test]
fn types_differ_in_what_outlasts_deep_sleep() {
    let source = r#"
        server.log("nv" in getroottable());
        nv <- { a = 1 };
        imp.onidle(@() imp.deepsleepfor(10));
    "#;
    for (board, is_kept) in
        [("imp = \"imp001\"", "true"), ("imp = \"imp004m\"", "false"), ("imp = \"imp006\"", "false")]
    {
        let mut world = world(board, source);
        world.take();
        assert_eq!(world.run_for(10).take()[1], is_kept, "{board}");
    }
    let mut world = world("imp = \"imp005\"", "try { server.sleepfor(10) } catch (error) { server.log(error) }");
    assert_eq!(world.take().last().map(String::as_str), Some("this imp does not sleep deeply"));
}

#[test]
fn parts_go_on_while_pins_and_buses_begin_anew() {
    let source = r#"
        i2c <- hardware.i2c89;
        server.log(i2c.write(0xBE, "\x20\x84"));
        i2c.configure(CLOCK_SPEED_400_KHZ);
        server.log(i2c.read(0xBE, "\x20", 1)[0] & 0xFF);
        i2c.write(0xBE, "\x20\x84");
        imp.wakeup(5, @() server.restart());
    "#;
    let mut world = World::on(Board::ready("environment").unwrap(), Some(source), Stored::default());
    world.run_for(20);
    let numbers: Vec<String> = world.take().into_iter().filter(|line| line.parse::<i32>().is_ok()).collect();
    assert_eq!(numbers, ["-13", "0", "-13", "132"]);
}

#[test]
fn flash_is_kept_in_sectors_and_outlives_programs() {
    let source = r#"
        flash <- hardware.spiflash;
        flash.enable();
        server.log(flash.read(8190, 4).tostring().len() + " " + flash.read(8191, 1)[0]);
        flash.write(8190, "abcd");
        flash.erasesector(0);
        imp.wakeup(3, @() 1 / 0);
    "#;
    let mut world = world("imp = \"imp003\"", source);
    world.run_for(4);
    let lines: Vec<String> = world.take().into_iter().filter(|line| line.starts_with("4 ")).collect();
    assert_eq!(lines, ["4 255", "4 98"]);
    let sectors: Vec<u32> = world.flash.keys().copied().collect();
    assert_eq!(sectors, [1, 2]);
    assert_eq!(world.flash[&2][..3], [b'c', b'd', 0xFF]);
}

#[test]
fn a_program_that_does_not_fit_the_board_is_refused() {
    let board = "imp = \"imp001\"\nmemory_bytes = 32768";
    let mut world = world(board, "local a = []; while (true) a.append(blob(1000))");
    world.run_for(1);
    assert!(world.take().contains(&"!ERROR: out of memory".to_owned()));
}

#[test]
fn a_fixture_configures_a_device_under_test() {
    let fixture = DeviceId::parse("50000c2a69000002").unwrap();
    // The fixture: what the server says of its group is in its environment.
    let key = |name: &str| Key::String(name.as_bytes().into());
    let source = "server.factoryblinkup(\"net\", \"key\", hardware.pin1, BLINKUP_FAST)";
    let blinks = |named: Option<DeviceId>| {
        let mut line = World::new(Some(source));
        let named = named.unwrap_or(line.imp.device()).to_string();
        let config = Value::Table([(key("factory_imp"), Value::string(named))].into());
        line.environment = Some(Value::Table([(key("configparams"), config)].into()));
        line.run_for(1).take().contains(&"[blinkup]".to_owned())
    };
    assert!(blinks(None));
    assert!(!blinks(Some(fixture)), "under test it knows its fixture, and is none");

    // The device: it takes part as one that the fixture configured, also when it is blessed.
    let mut device = World::new(None);
    device.run_for(5).take();
    assert!(device.imp.is_blank());
    assert_eq!(factory_blink_up(device.now_us, fixture, [&mut device.imp]), Some(device.imp.device()));
    assert!(!device.imp.is_blank());
    let heard = device.run_for(1).take();
    let enrol = heard.iter().find(|line| line.starts_with("Enrol")).unwrap();
    assert!(enrol.contains("fixture: Some(50000c2a69000002)"), "{enrol}");
    device.deploy("server.bless(true, @(ok) server.log(ok))");
    let heard = device.run_for(1).take();
    let bless = heard.iter().find(|line| line.starts_with("Bless")).unwrap();
    assert!(bless.contains("success: true, fixture: Some(50000c2a69000002)"), "{bless}");
    // Nobody is left.
    assert_eq!(factory_blink_up(device.now_us, fixture, [&mut device.imp]), None);
}

#[test]
fn a_board_that_asks_too_much_makes_its_imp_late_and_nobody_else() {
    let board = format!(
        "imp = \"imp001\"\n[uart]\nuart12 = {{ script = [{{ at_s = 1.5, every_s = 0.06, send = \"{}\" }}] }}",
        "U".repeat(6000)
    );
    let source = r#"
        local u = hardware.uart12;
        u.configure(10000000, 8, PARITY_NONE, 1, NO_CTSRTS, @() u.readstring());
        imp.wakeup(2.5, function() {
            u.write(blob(10000));
            server.log("written");
        });
    "#;
    let mut world = world(&board, source);
    world.take();
    world.imp.take_turns();
    // A second passes, in which tens of thousands of bytes arrive: few of them in each turn.
    world.now_us += 1_000_000;
    let mut turns = 0;
    while world.imp.run(world.now_us, 1000).more {
        turns += 1;
    }
    assert!(turns >= 500, "{turns}");
    // What a program waits for comes as late as the hardware is, so nothing piles up in it.
    world.now_us += 2_000_000;
    for _ in 0..50 {
        assert!(world.imp.run(world.now_us, 1000).more);
        assert_eq!(world.imp.take_outputs(), []);
    }
    while world.imp.run(world.now_us, 1000).more {}
    assert_eq!(world.run_for(0).take(), ["written"]);
}

#[test]
fn a_device_whose_enrolment_is_refused_is_blank_again() {
    let fixture = DeviceId::parse("50000c2a69000002").unwrap();
    let mut device = World::new(None);
    device.run_for(5).take();
    let configure = |device: &mut World| factory_blink_up(device.now_us, fixture, [&mut device.imp]).is_some();
    let answer = |device: &mut World, request, code| {
        device.say(&ServerFrame::Answer(Answer { request, code }));
        device.run_for(1);
        (device.imp.is_blank(), device.kept.fixture)
    };
    assert!(configure(&mut device));
    device.run_for(1);
    assert_eq!(answer(&mut device, 1, AnswerCode::TRY_AGAIN), (false, Some(fixture.0)));
    assert_eq!(answer(&mut device, 1, AnswerCode::REFUSED), (true, None));
    assert!(configure(&mut device));
    device.run_for(1);
    assert_eq!(answer(&mut device, 2, AnswerCode::OK), (false, Some(fixture.0)));
}
