//! The reference implementation, in a Python process that runs `tests/oracle.py --serve`.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What the reference says to a program.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// What it prints, and how it ends, as in the `.out` of golden programs.
    Output(Vec<u8>),
    /// It died or did not end.
    None(String),
}

pub struct Reference {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Reference {
    /// Starts the Python of `SQUIRREL_REFERENCE_PYTHON`, or else the one that `scripts/install-test-tools.sh` installs.
    pub fn start() -> Reference {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = std::env::var_os("SQUIRREL_REFERENCE_PYTHON")
            .map_or_else(|| here.join("../../target/test-tools/venv-squirrel/bin/python"), PathBuf::from);
        let started = Command::new(&python)
            .arg(here.join("tests/oracle.py"))
            .arg("--serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = started.unwrap_or_else(|error| {
            panic!(
                "no Python with the reference implementation of Squirrel at {}: {error}\nscripts/install-test-tools.sh \
                 (or `make test`) installs it; SQUIRREL_REFERENCE_PYTHON names another",
                python.display()
            )
        });
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Reference { child, input, output }
    }

    /// Has a program compiled and run; the output is the error if it does not compile.
    pub fn run(&mut self, source: &str) -> Verdict {
        self.ask("run", source)
    }

    /// Has a program compiled only; the output is empty if it does.
    pub fn compile(&mut self, source: &str) -> Verdict {
        self.ask("compile", source)
    }

    fn ask(&mut self, kind: &str, source: &str) -> Verdict {
        let request = format!("{kind} {}\n{source}", source.len());
        let mut head = String::new();
        let asked = self.input.write_all(request.as_bytes()).and_then(|()| self.output.read_line(&mut head));
        let (word, length) = match (asked, head.trim_end().split_once(' ')) {
            (Ok(_), Some((word, length))) => (word, length.parse().expect("a number of bytes")),
            _ => {
                panic!("the Python process does not answer: is the reference installed in it? {:?}", self.child.wait())
            }
        };
        let mut answer = vec![0; length];
        self.output.read_exact(&mut answer).expect("the whole answer");
        match word {
            "verdict" => Verdict::Output(answer),
            _ => Verdict::None(String::from_utf8_lossy(&answer).into_owned()),
        }
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
