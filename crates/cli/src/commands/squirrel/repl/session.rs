//! A machine to which programs are given one after another.

use super::{
    super::{DialectName, TimeSource, run::Console, source::Text},
    help,
};
use crate::{
    Context,
    failure::Failure,
    output::text::{Paint, visible},
};
use signal_hook::{consts::SIGINT, flag};
use squirrel::{
    Held, Image, Limits, Step, Value, Vm,
    syntax::{
        self, CompileError, Constant,
        ast::{ExprKind, StmtKind},
    },
};
use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Instructions between two looks at whether Ctrl-C was pressed: some milliseconds.
const SLICE: u32 = 500_000;
/// How many calls of a stack are shown.
const SHOWN_CALLS: usize = 12;

pub struct Session {
    pub vm: Vm,
    image: Image,
    pub dialect: DialectName,
    /// Bytes that everything entered may keep together.
    memory: usize,
    /// `compilestring` as it was in the beginning, which knows the constants declared so far.
    compile: Held,
    constants: Vec<(Box<[u8]>, Constant)>,
    /// Whether Ctrl-C was pressed.
    interrupted: Arc<AtomicBool>,
}

/// What came of a line.
pub enum Entered {
    Done,
    Quit,
}

/// What a piece of input is.
enum Input {
    /// What to compile so that the value comes back, and whether it is worth showing.
    Expression {
        source: String,
        shown: bool,
    },
    /// Statements, and the first of the variables that end with them.
    Statements {
        local: Option<String>,
    },
    Broken(Vec<CompileError>),
}

impl Session {
    pub fn new(dialect: DialectName, memory: usize) -> Result<Self, Failure> {
        let image = Image::new(dialect.into());
        let (vm, compile) = machine(&image, memory)?;
        let interrupted = Arc::new(AtomicBool::new(false));
        flag::register(SIGINT, Arc::clone(&interrupted))
            .map_err(|error| Failure::because("cannot listen to Ctrl-C", &error))?;
        Ok(Self { vm, image, dialect, memory, compile, constants: Vec::new(), interrupted })
    }

    /// Whether more must follow: the first error is that the input ends.
    pub fn is_unfinished(&self, input: &str) -> bool {
        let text = input.trim();
        if is_command(text) {
            return false;
        }
        // The end of the input is moved to a line of its own, which no other error can be at.
        let lines = text.lines().count();
        let ends_early = |source: String| {
            let first = self.parse(&format!("{source}\n\n\n")).err().and_then(|errors| errors.into_iter().next());
            first.is_some_and(|error| usize::try_from(error.position.line).is_ok_and(|line| line > lines))
        };
        ends_early(text.to_owned()) || text.starts_with('{') && ends_early(format!("return {text}"))
    }

    /// Takes a line, or several that belong together, and writes what comes of it.
    pub fn enter(&mut self, input: &str, context: &mut Context) -> Result<Entered, Failure> {
        let text = input.trim();
        if text.is_empty() {
            return Ok(Entered::Done);
        }
        if is_command(text) {
            return self.command(text, context);
        }
        let (source, shown, local) = match self.understand(text) {
            Input::Expression { source, shown } => (source, shown, None),
            Input::Statements { local } => (text.to_owned(), false, local),
            Input::Broken(errors) => {
                let text = Text { name: "repl".to_owned(), bytes: text.as_bytes().to_vec() };
                let text = text.describe(&text.errors(errors), Paint::stderr(&context.environment));
                context.stderr.write_all(text.as_bytes())?;
                return Ok(Entered::Done);
            }
        };
        let value = self.evaluate(&source, context)?;
        if let Some(value) = value {
            if let Ok(parsed) = self.parse(&source) {
                self.constants.splice(0..0, parsed.constants);
            }
            if shown && !value.is_null() {
                writeln!(context.stdout, "{}", self.vm.describe(value))?;
            }
            if let Some(local) = local {
                let note = format!("`{local}` ends with this input; write `{local} <- ...` for what is to stay.");
                context.stdout.flush()?;
                writeln!(context.stderr, "{}", Paint::stderr(&context.environment).dim(note))?;
            }
        }
        context.stdout.flush()?;
        Ok(Entered::Done)
    }

    fn parse(&self, source: &str) -> Result<syntax::Parsed, Vec<CompileError>> {
        let known = |name: &[u8]| {
            let found = self.constants.iter().find(|(known, _)| &**known == name);
            found.map(|(_, constant)| constant.clone())
        };
        syntax::parse(source.as_bytes(), self.dialect.into(), &known)
    }

    fn understand(&self, text: &str) -> Input {
        let source = format!("return {text}");
        if let Ok(parsed) = self.parse(&source)
            && let [statement] = &parsed.main.body[..]
            && let StmtKind::Return(Some(expression)) = &statement.kind
        {
            let changes = matches!(
                expression.kind,
                ExprKind::Assign { .. }
                    | ExprKind::NewSlot { .. }
                    | ExprKind::Compound { .. }
                    | ExprKind::Delete { .. }
            );
            return Input::Expression { source, shown: !changes };
        }
        match self.parse(text) {
            Ok(parsed) => {
                let local = parsed.main.body.iter().find_map(|statement| match &statement.kind {
                    StmtKind::Local(locals) => locals.first().map(|(local, _)| *local),
                    StmtKind::LocalFunction(local, _) => Some(*local),
                    _ => None,
                });
                let local = local.and_then(|local| parsed.main.locals.get(local.0 as usize));
                Input::Statements { local: local.map(|local| String::from_utf8_lossy(&local.name).into_owned()) }
            }
            Err(errors) => Input::Broken(errors),
        }
    }

    /// Runs a program. What goes wrong is written to standard error, and gives `None`.
    fn evaluate(&mut self, source: &str, context: &mut Context) -> Result<Option<Value>, Failure> {
        self.interrupted.store(false, Ordering::Relaxed);
        let mut console = Console::lend(context, TimeSource::System);
        let outcome = self.compile_and_run(source, &mut console);
        console.end_line();
        console.give_back(context)?;
        let trouble = match outcome {
            Ok(value) => return Ok(Some(value)),
            Err(trouble) => trouble,
        };
        let paint = Paint::stderr(&context.environment);
        let text = match trouble {
            Trouble::Reported => return Ok(None),
            Trouble::Uncaught(text) => format!("{} {text}", paint.error("error:")),
            Trouble::Interrupted => format!("{}\n", paint.error("interrupted")),
            Trouble::Ended(why) => {
                (self.vm, self.compile) = machine(&self.image, self.memory)?;
                self.constants.clear();
                format!("{} {why}; everything is forgotten\n", paint.error("error:"))
            }
        };
        context.stderr.write_all(text.as_bytes())?;
        Ok(None)
    }

    fn compile_and_run(&mut self, source: &str, console: &mut Console) -> Result<Value, Trouble> {
        let full = |_| Trouble::Ended("out of memory".to_owned());
        let source = self.vm.string(source.as_bytes()).map_err(full)?;
        let source = self.vm.hold(source);
        let name = self.vm.string(b"repl").map_err(full)?;
        let arguments = [self.vm.held(source), name];
        self.vm.release(source);
        let program = self.call(self.vm.held(self.compile), &arguments, console)?;
        self.call(program, &[], console)
    }

    fn call(&mut self, function: Value, arguments: &[Value], console: &mut Console) -> Result<Value, Trouble> {
        let started = self.vm.start(function, self.vm.root(), arguments);
        started.map_err(|error| Trouble::Ended(error.to_string()))?;
        loop {
            match self.vm.run(console, SLICE) {
                Step::More => {
                    console.flush();
                    if self.interrupted.swap(false, Ordering::Relaxed) {
                        self.vm.abandon();
                        return Err(Trouble::Interrupted);
                    }
                }
                Step::Done(value) => return Ok(value),
                Step::Failed(_) if self.vm.has_error_handler() => return Err(Trouble::Reported),
                Step::Failed(failure) => {
                    let mut text = format!("{}\n", visible(&String::from_utf8_lossy(&failure.message)));
                    for call in failure.stack.iter().filter(|call| call.line >= 0).take(SHOWN_CALLS) {
                        let (function, source) =
                            (String::from_utf8_lossy(&call.function), String::from_utf8_lossy(&call.source));
                        let _ = writeln!(text, "  in {} {}:{}", visible(&function), visible(&source), call.line);
                    }
                    return Err(Trouble::Uncaught(text));
                }
                Step::OutOfMemory => return Err(Trouble::Ended("out of memory".to_owned())),
                Step::Waiting | Step::Corrupt => return Err(Trouble::Ended("the machine cannot go on".to_owned())),
            }
        }
    }

    fn command(&mut self, text: &str, context: &mut Context) -> Result<Entered, Failure> {
        let mut words = text.split_whitespace();
        match (words.next().unwrap_or_default(), words.next()) {
            (":q" | ":quit" | ":exit", None) => return Ok(Entered::Quit),
            (":h" | ":help" | ":?", None) => context.stdout.write_all(help::TEXT.as_bytes())?,
            (":h" | ":help" | ":?", Some(name)) => match help::about(name, self.dialect) {
                Some(text) => context.stdout.write_all(text.as_bytes())?,
                None => writeln!(context.stderr, "`{}` is no built-in function.", visible(name))?,
            },
            (":reset", None) => {
                (self.vm, self.compile) = machine(&self.image, self.memory)?;
                self.constants.clear();
            }
            _ => writeln!(context.stderr, "`{}` is no command; :help lists them.", visible(text))?,
        }
        context.stdout.flush()?;
        Ok(Entered::Done)
    }

    /// The value that a path of names leads to from the root table, such as that of `a.b`.
    pub fn find(&self, path: &[&str]) -> Option<Value> {
        let mut value = self.vm.root();
        for name in path {
            let entries = self.vm.heap().entries(value);
            let named = |(key, _): &(Value, Value)| self.vm.heap().as_bytes(*key) == Some(name.as_bytes());
            value = entries.into_iter().find(named)?.1;
        }
        Some(value)
    }

    pub fn constants(&self) -> impl Iterator<Item = &[u8]> {
        self.constants.iter().map(|(name, _)| &**name)
    }
}

/// Why there is no value.
enum Trouble {
    /// The program's own error handler has seen it.
    Reported,
    Uncaught(String),
    Interrupted,
    /// The machine has come to its end.
    Ended(String),
}

fn machine(image: &Image, memory: usize) -> Result<(Vm, Held), Failure> {
    let limits = Limits { heap_bytes: memory, ..Limits::default() };
    let mut vm = Vm::new(image, None, limits).map_err(|error| Failure::because("cannot make a machine", &error))?;
    let compile = vm.string(b"compilestring").map_err(|error| Failure::because("cannot make a machine", &error))?;
    let compile = vm.heap().table_get(vm.root(), compile, &mut 0).unwrap_or(Value::NULL);
    let compile = vm.hold(compile);
    Ok((vm, compile))
}

/// `:quit`, but not `::name`, which is Squirrel.
fn is_command(text: &str) -> bool {
    text.starts_with(':') && !text.starts_with("::")
}
