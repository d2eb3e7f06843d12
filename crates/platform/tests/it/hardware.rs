//! What programs do with `hardware`, on boards in simulated time.

use std::sync::Arc;

use platform::board::{Board, I2cBus, ImpType, Pin, Real, SpiBus, UartBus};
use platform::{Agent, Effect, End, ImpFacts, Network, Peripherals, Surroundings, imp_image_of};
use squirrel::{Image, Limits, Program};

use crate::board::real;
use crate::world::{BEGINNING_US, run_imp};

/// A program on a board.
struct World {
    image: Image,
    board: Arc<Board>,
    program: Program,
    imp: Agent,
    now_us: i64,
    lines: Vec<String>,
    end: Option<End>,
}

const LIMITS: Limits = Limits { heap_bytes: 4 << 20, depth: 20_000 };

fn surroundings() -> Surroundings {
    Surroundings {
        device_id: "50000c2a69000001".into(),
        agent_url: String::new(),
        is_connected: true,
        ip_address: None,
        saved: None,
        config: Vec::new(),
        seed: 1,
    }
}

fn facts(imp_type: ImpType) -> ImpFacts {
    ImpFacts {
        imp_type: imp_type.name().into(),
        mac_address: "0c2a69000001".into(),
        wake_reason: 4,
        software_version: "a - release-1 - b - production".into(),
        network: Network {
            ssid: "greenhouse".into(),
            bssid: "020000000001".into(),
            channel: 6,
            rssi: -1,
            address: "192.168.1.20".into(),
        },
        user_configuration: None,
    }
}

impl World {
    fn new(board: &str, source: &str) -> World {
        let board = Board::ready(board).unwrap_or_else(|| Board::parse(board).expect("it is a board"));
        World::connected(board, None, source)
    }

    fn connected(board: Board, real: Option<Arc<dyn Real>>, source: &str) -> World {
        let board = Arc::new(board);
        let image = imp_image_of(1, board.imp_type);
        let program = Program::compile(&image, source.as_bytes(), b"device_code").expect("it compiles");
        let programs = std::slice::from_ref(&program);
        let mut imp =
            Agent::of_imp(&image, programs, LIMITS, surroundings(), facts(board.imp_type), None, BEGINNING_US)
                .expect("it fits");
        let mut peripherals = Peripherals::new(board.clone(), 1, BEGINNING_US, BEGINNING_US);
        if let Some(real) = real {
            peripherals.hardware.connect(real);
        }
        imp.plug_in(Box::new(peripherals));
        let mut world = World { image, board, program, imp, now_us: BEGINNING_US, lines: Vec::new(), end: None };
        world.run_for(0.0);
        world
    }

    fn run_for(&mut self, seconds: f64) -> &mut World {
        #[expect(clippy::cast_possible_truncation, reason = "tests are short")]
        let until_us = self.now_us + (seconds * 1e6) as i64;
        let lines = &mut self.lines;
        let end = run_imp(&mut self.imp, &mut self.now_us, until_us, 1000, |effect| match effect {
            Effect::Log { text, .. } => lines.push(String::from_utf8(text).unwrap()),
            other => panic!("{other:?}"),
        });
        self.end = self.end.or(end);
        self
    }

    fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }
}

/// What each of some expressions returns or throws, one after the other.
fn outcomes(board: &str, preparation: &str, lines: &[&str]) -> Vec<String> {
    let attempt = |line: &&str| format!("try {{ server.log({line}) }} catch (error) {{ server.log(error) }}\n");
    let source = preparation.to_owned() + &lines.iter().map(attempt).collect::<String>();
    let mut world = World::new(board, &source);
    world.run_for(60.0);
    assert_eq!(world.end, None, "{:?}", world.lines);
    world.take()
}

#[test]
fn every_name_of_a_pin_or_bus_is_there_and_flash_depends_on_the_type() {
    let pins = Pin::all().map(Pin::name);
    let buses = I2cBus::all().map(I2cBus::name).chain(SpiBus::all().map(SpiBus::name));
    let names = pins.chain(buses).chain(UartBus::all().map(UartBus::name));
    let names: Vec<&str> = names.chain(["sampler", "fixedfrequencydac"]).collect();
    let source = format!(
        r#"
        foreach (name in split("{}", " "))
            if (!(name in hardware) || typeof hardware[name] != "meta") server.log(name);
        server.log(typeof hardware + " " + ("spiflash" in hardware));
        server.log(hardware.pin1 == hardware.pin1 && hardware.pin1 != hardware.pin2);
        "#,
        names.join(" ")
    );
    assert!(names.len() > 100);
    assert_eq!(World::new("imp = \"imp003\"", &source).take(), ["meta true", "true"]);
    assert_eq!(World::new("imp = \"imp002\"", &source).take(), ["meta false", "true"]);
}

#[test]
fn the_clock_the_supply_and_the_id_are_known() {
    let board = "imp = \"imp003\"\nsupply_volts = 3.0\nlight = 1234\n[radio]\nrssi = -71\n";
    let source = r#"
        imp.wakeup(5000, function() {
            server.log(hardware.millis() + " " + hardware.micros());
            server.log(hardware.voltage() + " " + hardware.vbat() + " " + hardware.lightlevel() + " " + imp.getrssi());
            server.log(hardware.getdeviceid() + " " + hardware.getimpeeid() + " " + hardware.wakereason());
            server.log(hardware.configure(3));
        });
    "#;
    let expected = ["5000000 705032704", "3 3 1234 -71", "50000c2a69000001 50000c2a69000001 4", "(null : 0x0)"];
    assert_eq!(World::new(board, source).run_for(5000.0).take(), expected);
}

#[test]
fn pins_are_configured_written_and_read() {
    let lines = [
        "hardware.pin1.read()",
        "hardware.pin1.write(1)",
        "hardware.pin1.configure(DIGITAL_OUT)",
        "hardware.pin1.read()",
        "hardware.pin1.write(1)",
        "hardware.pin1.read()",
        "hardware.pin2.configure(DIGITAL_IN_PULLUP)",
        "hardware.pin2.read()",
        "hardware.pin2.write(1)",
        "hardware.pin5.configure(ANALOG_IN)",
        "hardware.pin5.read()",
        "hardware.pin7.configure(PWM_OUT, 0.02, 0.25)",
        "hardware.pin7.read()",
        "hardware.pinA.configure(ANALOG_OUT)",
        "hardware.pinA.write(2)",
        "hardware.pinA.read()",
        "hardware.pin1.disable()",
        "hardware.pin1.read()",
    ];
    assert_eq!(
        outcomes("imp = \"imp003\"", "", &lines),
        [
            "pin is not configured in pin.read()",
            "pin is not configured in pin.write(value)",
            "(null : 0x0)",
            "0",
            "(null : 0x0)",
            "1",
            "(null : 0x0)",
            "1",
            "pin is not an output in pin.write(value)",
            "(null : 0x0)",
            "32768",
            "(null : 0x0)",
            "0.25",
            "(null : 0x0)",
            "(null : 0x0)",
            "1",
            "(null : 0x0)",
            "pin is not configured in pin.read()",
        ]
    );
}

#[test]
fn pins_take_exactly_what_their_mode_takes() {
    let lines = [
        "hardware.pin1.configure()",
        "hardware.pin1.configure(PWM_OUT)",
        "hardware.pin1.configure(PWM_OUT, 0.1)",
        "hardware.pin1.configure(PWM_OUT, 0, 1)",
        "hardware.pin1.configure(DIGITAL_OUT, 0, 0)",
        "hardware.pin1.configure(ANALOG_IN, @() 1)",
        "hardware.pin1.configure(DIGITAL_IN, 5)",
        "hardware.pin1.configure(PULSE_COUNTER)",
        "hardware.pin1.configure(PTR)",
        "hardware.pin2.configure(DIGITAL_IN_WAKEUP)",
        "hardware.pinW.configure(DIGITAL_IN_WAKEUP, null)",
        "hardware.pin1.write()",
        "hardware.pin1.read(1)",
    ];
    assert_eq!(
        outcomes("imp = \"imp003\"", "", &lines),
        [
            "wrong number of parameters",
            "wrong number of parameters",
            "wrong number of parameters",
            "invalid period in pin.configure(PWM_OUT, period, duty)",
            "wrong number of parameters",
            "wrong number of parameters",
            "parameter 2 has an invalid type 'integer' ; expected: 'null|function'",
            "unsupported mode in pin.configure(mode)",
            "unsupported mode in pin.configure(mode)",
            "pin cannot wake the device in pin.configure(mode)",
            "(null : 0x0)",
            "wrong number of parameters",
            "wrong number of parameters",
        ]
    );
}

#[test]
fn edges_are_calls_without_arguments_behind_the_code_of_now() {
    let board = "imp = \"imp003\"\nconnections = [[\"pin1\", \"pin2\"]]";
    let source = r#"
        hardware.pin1.configure(DIGITAL_IN, function(...) { server.log(vargv.len() + " " + hardware.pin1.read()) });
        hardware.pin2.configure(DIGITAL_OUT, 1);
        server.log("first");
        imp.wakeup(1, function() {
            // The function is taken away before its turn comes.
            hardware.pin2.write(0);
            hardware.pin1.configure(DIGITAL_IN);
        });
        imp.wakeup(2, @() hardware.pin2.write(1));
    "#;
    assert_eq!(World::new(board, source).run_for(3.0).take(), ["first", "0 1"]);
}

#[test]
fn programs_work_on_real_pins_and_buses() {
    let source = r#"
        hardware.pin8.configure(DIGITAL_OUT, 0);
        hardware.pin1.configure(DIGITAL_IN_PULLUP, function() {
            hardware.pin8.write(hardware.pin1.read());
            server.log("edge");
        });
        hardware.i2c89.configure(CLOCK_SPEED_400_KHZ);
        server.log(hardware.i2c89.write(0xBE, "a") + " " + hardware.i2c89.write(0x20, "a"));
        server.log(hardware.i2c89.read(0xBE, "\x0F", 3).len() + " " + hardware.i2c89.read(0x20, "", 1));
        try { hardware.pin8.configure(PWM_OUT, 0.1, 0.5) } catch (error) { server.log(error) }
    "#;
    let machine = Arc::new(real::Machine::default());
    let board = Board::parse_with_linux(real::BOARD).unwrap();
    let mut world = World::connected(board, Some(machine.clone()), source);
    assert_eq!(world.take(), ["0 -9", "3 (null : 0x0)", "unsupported mode in pin.configure(mode)"]);
    machine.asked();
    machine.drive(Pin::named("pin1").unwrap(), true);
    assert_eq!(world.run_for(0.1).take(), ["edge"]);
    assert_eq!(machine.asked(), ["write pin8 true"]);
}

#[test]
fn i2c_reads_writes_and_says_what_is_wrong() {
    let lines = [
        "i2c.write(0xBE, \"\\x0F\")",
        "i2c.configure(123)",
        "i2c.configure(CLOCK_SPEED_100_KHZ)",
        "i2c.write(0xBE, \"\\x0F\")",
        "i2c.read(0xBE, \"\\x0F\", 1)[0] & 0xFF",
        "i2c.readerror()",
        "i2c.read(0x20, \"\", 1)",
        "i2c.readerror()",
        "i2c.write(0x20, blob(2))",
        "i2c.read(0xBE, \"\\x8F\", 2).len()",
        "i2c.read(0xBE, \"\\x8F\", -1)",
        "i2c.write(0x300, \"\")",
        "i2c.write(0xBE)",
        "i2c.disable()",
        "i2c.read(0xBE, \"\\x0F\", 1)",
        "i2c.readerror()",
    ];
    assert_eq!(
        outcomes("environment", "i2c <- hardware.i2c89;\n", &lines),
        [
            "-13",
            "invalid clock speed in i2c.configure(speed)",
            "(null : 0x0)",
            "0",
            "188",
            "0",
            "(null : 0x0)",
            "-9",
            "-9",
            "2",
            "invalid number of bytes in i2c.read(address, register, count)",
            "invalid address of an I2C device",
            "wrong number of parameters",
            "(null : 0x0)",
            "(null : 0x0)",
            "-13",
        ]
    );
}

#[test]
fn spi_sends_and_receives_at_once() {
    let board = "imp = \"imp003\"\n[[spi]]\nbus = \"spi257\"\nloopback = true";
    let lines = [
        "spi.write(\"a\")",
        "spi.configure(MSB_FIRST | CLOCK_IDLE_LOW, 5000)",
        "spi.writeread(\"abc\")",
        "typeof spi.writeread(blob(3)) + spi.writeread(blob(3)).len()",
        "spi.readstring(2).len()",
        "spi.readblob(2).len()",
        "spi.write(5)",
        "spi.chipselect(1)",
        "hardware.spi189.configure(0, 15000)",
        "hardware.spi189.readblob(1)[0]",
        "spi.disable()",
        "spi.readblob(1)",
    ];
    assert_eq!(
        outcomes(board, "spi <- hardware.spi257;\n", &lines),
        [
            "bus is not enabled in spi.write(data)",
            "3750",
            "abc",
            "blob3",
            "2",
            "2",
            "parameter 1 has an invalid type 'integer' ; expected: 'string|blob'",
            "(null : 0x0)",
            "15000",
            "255",
            "(null : 0x0)",
            "bus is not enabled in spi.readblob(count)",
        ]
    );
}

#[test]
fn a_uart_waits_for_room_and_tells_times() {
    let board =
        "imp = \"imp003\"\ncts_rts = [\"uart12\"]\n[uart]\nuart12 = { script = [{ at_s = 1, send = \"0123456789\" }] }";
    let program = |flags: &str| {
        format!(
            r#"
            uart <- hardware.uart12;
            uart.setrxfifosize(4);
            uart.configure(10000, 8, PARITY_NONE, 1, {flags});
            imp.wakeup(2, function() {{
                local got = "", times = 0;
                while (got.len() < 10) {{
                    local byte = uart.read();
                    if (byte == -1) {{
                        imp.sleep(0.001);
                        if (hardware.millis() > 4000) break;
                        continue;
                    }}
                    got += (byte & 0xFF).tochar();
                    times += byte >> 8;
                }}
                server.log(got + " " + times + " " + uart.flags());
            }});
            "#
        )
    };
    let said = |flags: &str| World::new(board, &program(flags)).run_for(10.0).take().concat();
    assert_eq!(said("0"), "0123456789 0 0");
    assert_eq!(said("NO_CTSRTS"), "0123 0 8");
    // The first comes 1.001 seconds after the line was configured, three without a pause, and the others when there is room.
    let timed = said("TIMING_ENABLED | NO_CTSRTS");
    assert_eq!(timed, "0123 1004000 8");
}

#[test]
fn an_imp005_has_a_usb_port_with_nothing_in_it() {
    let lines = [
        "\"usb\" in hardware",
        "hardware.usb.configure(@(event, data) server.log(event))",
        "hardware.usb.configure(1)",
        "hardware.usb.controltransfer(1, 0, 0, 0x80, 6, 0x100, 0, 8, blob(8))",
        "hardware.usb.openendpoint(1, 1, 0, 1, 2, 64)",
        "hardware.usb.generaltransfer(1, 1, 2, blob(8))",
        "hardware.usb.disable()",
    ];
    assert_eq!(
        outcomes("imp = \"imp005\"", "", &lines),
        [
            "true",
            "(null : 0x0)",
            "parameter 1 has an invalid type 'integer' ; expected: 'null|function'",
            "no device is connected in usb.controltransfer()",
            "no device is connected in usb.openendpoint()",
            "no device is connected in usb.generaltransfer()",
            "(null : 0x0)",
        ]
    );
    assert_eq!(outcomes("imp = \"imp006\"", "", &lines[..1]), ["false"]);
    // What no virtual imp has, programs find to be absent.
    let absent = ["\"bluetooth\" in hardware", "\"gnss\" in hardware", "\"lpm\" in hardware", "\"open\" in imp.net"];
    assert_eq!(outcomes("imp = \"imp006\"", "", &absent), ["false"; 4]);
}

#[test]
fn a_uart_takes_its_time() {
    let board = "imp = \"imp003\"\n[uart]\nuart12 = \"loopback\"";
    let source = r#"
        uart <- hardware.uart12;
        function tell() { server.log(format("%d: %s", hardware.millis(), uart.readstring())) }
        server.log(uart.configure(9600, 8, PARITY_NONE, 1, NO_CTSRTS));
        uart.write("hello");
        server.log(uart.read() + " " + hardware.millis());
        uart.flush();
        // Five bytes of ten bits.
        tell();
        uart.write('x');
        imp.sleep(0.1);
        local got = uart.readblob(1);
        server.log(typeof got + " " + got.len() + " " + uart.readblob().len() + " " + uart.flags());
        uart.settxfifosize(10);
        uart.setrxfifosize(4);
        local began = hardware.millis();
        uart.write("0123456789012345678901234567890123456789");
        server.log((hardware.millis() - began >= 31) + " " + uart.flags() + " " + uart.flags());
        imp.sleep(1);
        server.log(uart.readstring());
        uart.configure(9600, 8, PARITY_NONE, 1, NO_CTSRTS, function(...) { server.log(vargv.len()); tell() });
        uart.write("!");
    "#;
    let lines = World::new(board, source).run_for(3.0).take();
    assert_eq!(lines[..7], ["9600", "-1 0", "5: hello", "blob 1 0 0", "true 8 0", "0123", "0"]);
    assert!(lines[7].ends_with(": !"), "{lines:?}");
}

#[test]
fn uarts_refuse_what_they_cannot_do() {
    let lines = [
        "uart.read()",
        "uart.configure(9600, 9, PARITY_NONE, 1, 0)",
        "uart.configure(0, 8, PARITY_NONE, 1, 0)",
        "uart.configure(9600, 8, 77, 1, 0)",
        "uart.configure(9600, 8, PARITY_NONE, 1)",
        "uart.configure(9600, 8, PARITY_EVEN, 1, NO_TX | NO_RX)",
        "uart.write({})",
        "uart.disable()",
        "uart.write(\"\")",
    ];
    assert_eq!(
        outcomes("imp = \"imp003\"", "uart <- hardware.uart57;\n", &lines),
        [
            "bus is not enabled in uart.read()",
            "invalid word size in uart.configure(baud, wordsize, parity, stopbits, flags)",
            "invalid baud rate in uart.configure(baud, wordsize, parity, stopbits, flags)",
            "invalid parity in uart.configure(baud, wordsize, parity, stopbits, flags)",
            "wrong number of parameters",
            "9600",
            "parameter 1 has an invalid type 'table' ; expected: 'string|blob'",
            "(null : 0x0)",
            "bus is not enabled in uart.write(data)",
        ]
    );
}

#[test]
fn flash_only_clears_bits() {
    let lines = [
        "flash.size()",
        "flash.enable()",
        "flash.enable()",
        "flash.disable()",
        "flash.size()",
        "flash.write(10, \"\\x0F\")",
        "flash.write(10, \"\\xF1\")",
        "flash.read(10, 1)[0]",
        "flash.write(10, \"\\xFF\", SPIFLASH_PREVERIFY) == SPIFLASH_PREVERIFY",
        "flash.write(10, \"\\xFF\", SPIFLASH_POSTVERIFY) == SPIFLASH_POSTVERIFY",
        "flash.write(20, \"abcdef\", 0, 2, 4)",
        "flash.read(22, 1)[0] + \" \" + flash.read(20, 2).tostring()",
        "flash.erasesector(5)",
        "flash.erasesector(0)",
        "flash.read(10, 1)[0]",
        "flash.readintoblob(0, into, 3)",
        "into.len() + \" \" + into.tell() + \" \" + into[1]",
        "flash.read(flash.size() - 1, 2)",
        "flash.write(-1, \"a\")",
        "flash.write(1, 2)",
        "flash.setspeed(1000000)",
        "flash.chipid() & 0xFF",
        "flash.disable()",
        "flash.read(0, 1)",
    ];
    let off = "flash is not enabled";
    assert_eq!(
        outcomes("imp = \"imp003\"", "flash <- hardware.spiflash;\nlocal into = blob(4);\ninto.seek(1);\n", &lines),
        [
            &format!("{off} in spiflash.size()"),
            "(null : 0x0)",
            "(null : 0x0)",
            "(null : 0x0)",
            "4128768",
            "0",
            "0",
            "1",
            "true",
            "true",
            "0",
            "255 cd",
            "address is not that of a sector in spiflash.erasesector(address)",
            "(null : 0x0)",
            "255",
            "(null : 0x0)",
            "4 4 255",
            "address out of range in spiflash.read(address, count)",
            "address out of range in spiflash.write(address, data, flags, start, end)",
            "parameter 2 has an invalid type 'integer' ; expected: 'string|blob'",
            "(null : 0x0)",
            "22",
            "(null : 0x0)",
            &format!("{off} in spiflash.read(address, count)"),
        ]
    );
}

#[test]
fn the_sampler_fills_buffers_in_turn() {
    let board = "imp = \"imp003\"\n[pins]\npin1 = { analog = 1000 }\npin2 = { analog = 2000 }";
    let source = r#"
        sampler <- hardware.sampler;
        local buffers = [blob(40), blob(40)];
        sampler.configure([hardware.pin1, hardware.pin2], 10, buffers, function(buffer, length) {
            buffer.seek(0);
            server.log((buffer == buffers[0] ? "a" : "b") + " " + length + " " + buffer.readn('w') + " " + buffer.readn('w'));
        });
        sampler.start();
        imp.wakeup(2.5, @() sampler.stop());
        imp.wakeup(4, function() {
            sampler.reset();
            try { sampler.start() } catch (error) { server.log(error) }
            try { sampler.configure(5, 10, buffers, @(b, l) 0) } catch (error) { server.log(error) }
            try { sampler.configure(hardware.pin1, 10, [], @(b, l) 0) } catch (error) { server.log(error) }
            try { sampler.configure(hardware.pin1, 1e6, [blob(10)], @(b, l) 0) } catch (error) { server.log(error) }
        });
    "#;
    assert_eq!(
        World::new(board, source).run_for(5.0).take(),
        [
            "a 40 1000 2000",
            "b 40 1000 2000",
            "a 20 1000 2000",
            "not configured in sampler.start()",
            "parameter 1 has an invalid type 'integer' ; expected: 'pin|array of pins'",
            "parameter 3 has an invalid type 'array' ; expected: 'array of blobs'",
            "buffers are too small in sampler.configure(pins, rate, buffers, callback, flags)",
        ]
    );
}

#[test]
fn the_dac_plays_and_gives_buffers_back() {
    let source = r#"
        dac <- hardware.fixedfrequencydac;
        local first = blob(200), second = blob(200), third = blob(200);
        dac.configure(hardware.pin1, 100, [first, second], function(buffer) {
            server.log(buffer == first ? "first" : buffer == second ? "second" : buffer == third ? "third" : buffer);
            if (buffer == first) dac.addbuffer(third);
        });
        dac.start();
        imp.wakeup(10, function() {
            try { dac.addbuffer(blob(1100000)) } catch (error) { server.log(error) }
            local big = blob(300000);
            try { for (local n = 0; n < 10; n++) dac.addbuffer(big) } catch (error) { server.log(error) }
            dac.stop();
        });
    "#;
    let mut world = World::new("imp = \"imp003\"", source);
    assert_eq!(world.run_for(9.0).take(), ["first", "second", "third", "(null : 0x0)"]);
    let refused = "too many buffers in fixedfrequencydac.addbuffer(buffer)";
    let lines = world.run_for(9.0).take();
    assert!(lines.iter().any(|line| line == refused), "{lines:?}");
}

#[test]
fn too_many_edges_are_lost_and_a_busy_program_goes_on() {
    let board = "imp = \"imp003\"\n[pins]\npin1 = { square = { period_s = 0.001 } }";
    let source = "
        count <- 0;
        hardware.pin1.configure(DIGITAL_IN, @() count++);
        imp.sleep(10);
        imp.wakeup(0, function() { hardware.pin1.disable(); server.log(count) });
    ";
    let lines = World::new(board, source).run_for(20.0).take();
    assert_eq!(lines, ["1000"]);
}

#[test]
fn networks_are_those_of_the_board() {
    let source = r#"
        local info = imp.net.info();
        local types = "";
        foreach (interface in info.interface) types += interface.type + " ";
        server.log(types + info.active + " " + ("imei" in info.interface.top()) + " " + info.ipv4.gateway);
    "#;
    let types = |board: &str| World::new(board, source).take().concat();
    assert_eq!(types("imp = \"imp003\""), "wifi 0 false 192.168.1.1");
    assert_eq!(types("imp = \"impC001\""), "cell 0 true 192.168.1.1");
    let both = "imp = \"imp005\"\n[radio]\nethernet = true\nwifi = { ssid = \"a\" }";
    assert_eq!(types(both), "wifi ethernet 0 false 192.168.1.1");
}

#[test]
fn hardware_is_in_snapshots() {
    let source = r#"
        hardware.pin1.configure(DIGITAL_IN, @() server.log("edge " + hardware.pin1.read()));
        hardware.pin2.configure(DIGITAL_OUT, 1);
        hardware.spiflash.enable();
        hardware.spiflash.write(5, "kept");
        imp.wakeup(5, function() {
            server.log(hardware.pin2.read() + " " + hardware.spiflash.read(5, 4).tostring());
        });
    "#;
    let board = "imp = \"imp003\"\n[pins]\npin1 = { edges = { to = [{ at_s = 3, level = 1 }] } }";
    let mut world = World::new(board, source);
    world.run_for(1.0);
    let snapshot = world.imp.snapshot().unwrap();
    let programs = std::slice::from_ref(&world.program);
    let mut again = Agent::restore(&world.image, programs, &snapshot, LIMITS, surroundings(), world.now_us).unwrap();
    let other = Arc::new(Board::ready("bare").unwrap());
    assert!(
        Agent::restore(&world.image, programs, &snapshot, LIMITS, surroundings(), world.now_us)
            .unwrap()
            .plug_in_again(other)
            .is_err()
    );
    again.plug_in_again(world.board.clone()).unwrap();
    world.imp = again;
    assert_eq!(world.run_for(9.0).take(), ["edge 1", "1 kept"]);
}

#[test]
fn programs_that_use_hardware_stay_small() {
    let source = "
        hardware.pin1.configure(DIGITAL_IN, @() 0);
        hardware.i2c89.configure(CLOCK_SPEED_400_KHZ);
        local all = [hardware.pin1, hardware.pin2, hardware.spi257, hardware.uart57];
    ";
    let world = World::new("environment", source);
    let with_hardware = world.imp.resident_bytes();
    let without = World::new("environment", "").imp.resident_bytes();
    assert!(with_hardware - without < 4096, "{with_hardware} and {without}");
    assert!(with_hardware < 40_000, "{with_hardware}");
}
