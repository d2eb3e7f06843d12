//! The golden programs, and how they are run.

use std::path::{Path, PathBuf};

use squirrel::{Failure, Host, Image, Program};

/// The programs, sorted by path.
pub fn all() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "nut") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Compiles a program as the golden suite does.
pub fn compile(image: &Image, path: &Path) -> Option<Program> {
    Program::compile(image, &std::fs::read(path).unwrap(), b"script").ok()
}

/// Takes what a program prints.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Printed {
    pub text: Vec<u8>,
}

impl Host for Printed {
    fn print(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
    }
}

/// What an uncaught error is worth comparing by.
pub fn report(failure: &Failure) -> String {
    format!("{:?} {:?}", String::from_utf8_lossy(&failure.message), failure.stack)
}
