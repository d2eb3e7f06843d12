//! Functions, an object and a class of the host's, and a call from it: `cargo run --example host_functions`.

use std::collections::BTreeMap;

use squirrel::{
    Call, CallError, Dialect, Fault, Flow, Function, Host, Image, ImageBuilder, Limits, Member, Program, Value, Vm,
};

/// What the programs' functions work on. A native function gets at it with [`Call::host_as`].
#[derive(Default)]
struct Game {
    score: i32,
}

impl Host for Game {
    fn print(&mut self, text: &[u8]) {
        print!("{}", String::from_utf8_lossy(text));
    }
}

/// `game.award(points)`: arguments are read as Rust values; an error is the program's to catch.
fn award(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let points: i32 = call.get(1)?;
    if points < 0 {
        return Err("points are not taken away here".into());
    }
    let Some(game) = call.host_as::<Game>() else { return Err("this is no game".into()) };
    game.score += points;
    let score = game.score;
    call.give(score)
}

/// `average(numbers)`: work in proportion to the arguments costs fuel in proportion.
fn average(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let numbers: Vec<f32> = call.get(1)?;
    call.charge(numbers.len());
    let sum: f32 = numbers.iter().sum();
    #[expect(clippy::cast_precision_loss, reason = "lists are short here")]
    call.give((!numbers.is_empty()).then(|| sum / numbers.len() as f32))
}

/// The constructor of `Timer`: the content of an instance is bytes that programs do not see.
fn timer(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (this, seconds) = (call.this(), call.get::<f32>(1)?);
    call.set_payload(this, "timer", &seconds.to_le_bytes())?;
    Ok(Flow::Return(Value::NULL))
}

/// `timer.left()`
fn left(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let bytes = call.payload(call.this(), "timer").and_then(|bytes| bytes.try_into().ok());
    let bytes = bytes.ok_or("not a timer")?;
    call.give(f32::from_le_bytes(bytes))
}

fn image() -> Image {
    ImageBuilder::new(Dialect::Stock)
        .function(
            Function::new("average", average, 2, ".a")
                .documented("average(numbers) -> float|null", "Returns the mean."),
        )
        .object(
            "game",
            &[
                Member::Function(Function::new("award", award, 2, ".i")),
                Member::Text { name: "name", value: "example" },
                Member::Object { name: "size", members: &[Member::Integer { name: "width", value: 80 }] },
            ],
        )
        .class(
            "Timer",
            Some("timer"),
            &[Function::new("constructor", timer, 2, "xn"), Function::new("left", left, 1, "x")],
        )
        .build()
}

const SOURCE: &str = r#"
    print(game.name + " is " + game.size.width + " wide, the mean is " + average([1, 2, 6]) + "\n");
    class Countdown extends Timer { function _tostring() { return left() + " s" } }
    print("left: " + Countdown(2.5) + "\n");

    // What the host calls.
    function onKill(monster) {
        return { total = game.award(monster.points), cheer = "killed " + monster.name };
    }
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let image = image();
    let program = Program::compile(&image, SOURCE.as_bytes(), b"game.nut").map_err(|errors| errors[0].to_string())?;
    let mut game = Game::default();
    let mut vm = Vm::new(&image, Some(&program), Limits::default())?;
    let (main, root) = (vm.load(&program)?, vm.root());
    vm.call_to_end(&mut game, main, root, &[], 100_000)?;

    // The program may put something else under the name later: what is held stays the function that it is now.
    let on_kill = vm.global(b"onKill").ok_or("the program has no `onKill`")?;
    let on_kill = vm.hold(on_kill);
    for (name, points) in [("a bat", 5), ("a dragon", 200), ("a friend", -1)] {
        let monster = BTreeMap::from([("name", vm.make(name)?), ("points", Value::integer(points))]);
        let monster = vm.make(monster)?;
        match vm.call_to_end(&mut game, vm.held(on_kill), root, &[monster], 100_000) {
            Ok(value) => {
                let result: BTreeMap<String, Value> = vm.read(value)?;
                println!("{}, {} points", vm.read::<String>(result["cheer"])?, vm.read::<i32>(result["total"])?);
            }
            Err(CallError::Failed(failure)) => println!("error: {}", String::from_utf8_lossy(&failure.message)),
            Err(error) => return Err(error.into()),
        }
    }
    println!("score: {}", game.score);
    Ok(())
}
