//! The examples for boards, on their boards.

use imp::Stored;
use platform::board::{Board, Colour, Input, OutputChange, Pin};

use crate::world::World;

fn world(board: &str, source: &str) -> World {
    let board = Board::ready(board).unwrap_or_else(|| Board::parse(board).expect("it is a board"));
    World::on(board, Some(source), Stored::default())
}

/// Connects, and fetches and starts the program.
fn begin(world: &mut World) {
    world.run_for(1);
    let begun = world.heard.iter().position(|line| line.starts_with("started")).expect("it starts");
    world.heard.drain(..=begun);
}

/// The numbers in a message.
fn numbers(message: &str) -> Vec<f64> {
    message.split(['(', ')']).filter_map(|part| part.parse().ok()).collect()
}

/// The messages of a name that the imp has sent, with their numbers.
fn sent(world: &World, name: &str) -> Vec<Vec<f64>> {
    world.heard.iter().filter(|line| line.starts_with(name)).map(|line| numbers(line)).collect()
}

fn no_errors(world: &World) {
    assert!(!world.heard.iter().any(|line| line.starts_with('!')), "{:?}", world.heard);
}

fn close(values: &[f64], expected: &[f64], off_by: f64) {
    assert_eq!(values.len(), expected.len(), "{values:?}");
    let is_close = |(value, expected): (&f64, &f64)| (value - expected).abs() < off_by;
    assert!(values.iter().zip(expected).all(is_close), "{values:?}, not {expected:?}");
}

fn set_signals(world: &mut World, signals: &[(&str, f64)]) {
    for &(name, value) in signals {
        world.imp.set_signal(world.now_us, name, Some(value)).unwrap();
    }
}

#[test]
fn a_climate_sensor_measures() {
    let mut world = world("environment", include_str!("../../../../examples/climate-sensor/device.nut"));
    set_signals(&mut world, &[("temperature", 23.4), ("humidity", 56.7)]);
    begin(&mut world);
    world.run_for(1);
    no_errors(&world);
    close(&sent(&world, "climate")[0], &[56.7, 23.4], 0.05);
    set_signals(&mut world, &[("temperature", -12.0)]);
    world.run_for(60);
    close(&sent(&world, "climate")[1], &[56.7, -12.0], 0.05);
}

#[test]
fn a_shove_wakes_a_sleeping_imp() {
    let mut world = world("environment", include_str!("../../../../examples/motion-alarm/device.nut"));
    begin(&mut world);
    world.run_for(100);
    assert_eq!(world.take(), ["waiting for a shove", "DEEP_SLEEP 3600", "close NORMAL", "[closed]"]);
    set_signals(&mut world, &[("acceleration_x", 1.25), ("acceleration_y", 0.0), ("acceleration_z", 1.0)]);
    world.run_for(1);
    no_errors(&world);
    close(&sent(&world, "shove")[0], &[1.25, 0.0, 1.0], 0.01);
    assert_eq!(world.take()[0], "hello PIN");
    assert!(!world.imp.is_running());
}

#[test]
fn a_modbus_master_reads_and_writes() {
    let mut world = world("modbus", include_str!("../../../../examples/modbus-meter/device.nut"));
    begin(&mut world);
    set_signals(&mut world, &[("temperature", 19.5), ("level", 42.0)]);
    world.run_for(31);
    no_errors(&world);
    close(sent(&world, "meter").last().unwrap(), &[19.5, 42.0], 0.01);
    let refused: Vec<&String> = world.heard.iter().filter(|line| line.starts_with("exception")).collect();
    assert_eq!(refused, ["exception 2", "exception 2"]);
}

#[test]
fn a_button_that_bounces_counts_once() {
    let mut world = world("button-led", include_str!("../../../../examples/button-light/device.nut"));
    world.imp.watch(true);
    begin(&mut world);
    // It is pressed at 5, 12.5 and 13 seconds, and bounces each time.
    world.run_for(9);
    no_errors(&world);
    assert_eq!(sent(&world, "light"), [[1.0]]);
    world.run_for(10);
    assert_eq!(sent(&world, "light"), [[1.0], [2.0], [3.0]]);
    // The knob is the brightness, while the light is on.
    world.imp.set_input(world.now_us, Pin::named("pin5").unwrap(), Some(Input::Counts(32_768)));
    world.run_for(2);
    let light = Pin::named("pin9").unwrap();
    let last = world.imp.take_changes().into_iter().rev().find_map(|(_, change)| match change {
        OutputChange::Duty { pin, period_us: 2000, duty } if pin == light => Some(duty),
        _ => None,
    });
    close(&[last.unwrap()], &[0.5], 0.001);
}

#[test]
fn a_dot_runs_along_a_strip() {
    let board = include_str!("../../../../examples/light-strip/board.toml");
    let mut world = world(board, include_str!("../../../../examples/light-strip/device.nut"));
    world.imp.watch(true);
    begin(&mut world);
    world.run_for(4);
    no_errors(&world);
    let mut dots = Vec::new();
    for (_, change) in world.imp.take_changes() {
        let OutputChange::Leds { colours, .. } = change else { continue };
        let lit: Vec<usize> = (0..colours.len()).filter(|&place| colours[place].0 != 0).collect();
        assert_eq!(lit.len(), 1);
        assert_eq!(colours[lit[0]], Colour(255, 64, 0));
        dots.push(lit[0]);
    }
    assert_eq!(dots[..32], (0..32).map(|step| step % 30).collect::<Vec<_>>());
}

#[test]
fn a_logger_survives_without_power() {
    let source = include_str!("../../../../examples/flash-logger/device.nut");
    let mut world = world("bare", source);
    begin(&mut world);
    world.run_for(125);
    assert_eq!(world.take(), ["the last entry: (null : 0x0)"]);
    let (kept, flash) = (world.kept.clone(), world.flash.clone());
    assert_eq!(flash.len(), 1);
    let mut again = World::on(Board::ready("bare").unwrap(), Some(source), kept);
    again.imp.load_flash(flash);
    begin(&mut again);
    assert_eq!(again.take(), ["the last entry: run 1, minute 2"]);
    // It goes round, and never writes where nothing is erased.
    again.run_for(60 * 300);
    no_errors(&again);
    assert_eq!(again.flash.len(), 4);
}
