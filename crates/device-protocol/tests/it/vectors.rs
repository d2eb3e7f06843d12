//! The file of golden vectors, for us and for whoever implements the protocol elsewhere.

use crate::examples;
use std::{env, fmt::Write, fs, sync::LazyLock};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors.txt");

const HEAD: &str = "\
# Version 1 of the Impstead device protocol: a name and the bytes in hex. What stands here does not change any more.
# The device's secret is the bytes 00 to 1f, so its public key is
# 03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8; the nonce is the bytes a0 to bf.

";

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("strings take any text");
        text
    })
}

/// The file, after it was written anew if that is asked for.
static GOLDEN: LazyLock<String> = LazyLock::new(|| {
    if env::var_os("UPDATE_VECTORS").is_some() {
        fs::write(PATH, current()).unwrap();
    }
    fs::read_to_string(PATH).expect("run once with UPDATE_VECTORS=1")
});

fn current() -> String {
    examples::all()
        .iter()
        .fold(HEAD.to_owned(), |text, (name, example)| text + &format!("{name} {}\n", hex(&example.encode())))
}

#[test]
fn the_encoding_has_not_changed() {
    let current = current();
    for (golden, current) in GOLDEN.lines().zip(current.lines()) {
        assert_eq!(golden, current);
    }
    assert_eq!(*GOLDEN, current, "run with UPDATE_VECTORS=1 if examples were added");
}

#[test]
fn the_vectors_can_be_read() {
    let examples = examples::all();
    let lines: Vec<&str> = GOLDEN.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert_eq!(lines.len(), examples.len());
    for (line, (name, example)) in lines.iter().zip(examples) {
        let (found, digits) = line.split_once(' ').unwrap();
        let bytes: Vec<u8> =
            (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect();
        assert_eq!(found, name);
        assert_eq!(example.decode_alike(&bytes), Ok(Some(example)), "{name}");
    }
}

#[test]
fn the_key_of_the_examples_is_as_stated() {
    let public = impstead_device_protocol::DeviceSecret::from_seed(&examples::seed()).public_key();
    assert!(HEAD.contains(&hex(&public)), "{}", hex(&public));
}
