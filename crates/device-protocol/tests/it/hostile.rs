//! Whatever arrives: no panic, no frame that was not written so, and no offset outside the input.

use crate::{
    examples::{self, Example},
    generate::Random,
};

/// Reads bytes as what `like` is, and checks what must hold of any bytes.
fn check(like: &Example, bytes: &[u8]) {
    match like.decode_alike(bytes) {
        Ok(Some(read)) => {
            let written = read.encode();
            // Fields of later versions are skipped, so they are not written again; but then they were longer.
            assert!(written == bytes || written.len() < bytes.len(), "{bytes:02x?} as {written:02x?}");
            assert_eq!(like.decode_alike(&written), Ok(Some(read)), "{bytes:02x?}");
        }
        Ok(None) => assert!(bytes[0] & 0x80 != 0),
        Err(error) => assert!(error.offset <= bytes.len(), "{error} of {}", bytes.len()),
    }
}

#[test]
fn examples_cut_at_every_byte() {
    for (_, example) in examples::all() {
        let bytes = example.encode();
        for end in 0..bytes.len() {
            check(&example, &bytes[..end]);
        }
    }
}

#[test]
fn examples_with_any_one_bit_flipped() {
    for (_, example) in examples::all() {
        let bytes = example.encode();
        for index in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[index / 8] ^= 1 << (index % 8);
            check(&example, &bytes);
        }
    }
}

#[test]
fn examples_with_any_one_byte_replaced_removed_or_doubled() {
    for (_, example) in examples::all() {
        let bytes = example.encode();
        for index in 0..bytes.len() {
            for byte in [0x00, 0x01, 0x3f, 0x40, 0x7f, 0x80, 0xa5, 0xa6, 0xa7, 0xa8, 0xff] {
                let mut bytes = bytes.clone();
                bytes[index] = byte;
                check(&example, &bytes);
            }
            let (before, after) = bytes.split_at(index);
            check(&example, &[before, &after[1..]].concat());
            check(&example, &[before, &after[..1], after].concat());
        }
    }
}

#[test]
fn anything_at_all() {
    let examples = examples::all();
    for seed in 0..20_000 {
        let mut random = Random::new(seed);
        let (_, like) = &examples[random.below(examples.len())];
        let mut bytes = random.bytes(80);
        // A type that exists takes the rest further.
        if let (Some(first), true) = (bytes.first_mut(), random.truth()) {
            *first = like.encode()[0];
        }
        check(like, &bytes);
    }
}

#[test]
fn long_nonsense_is_refused_in_little_time() {
    let examples = examples::all();
    let likes = examples.iter().filter(|(name, _)| matches!(&name[..], "value-null" | "hello" | "server-message"));
    let random = Random::new(3).bytes_of(impstead_device_protocol::MAX_VALUE_BYTES);
    for (_, like) in likes {
        for tag in 0..=u8::MAX {
            let mut bytes = if tag % 2 == 0 { random.clone() } else { vec![tag; random.len()] };
            bytes[0] = tag;
            check(like, &bytes);
            // The same, within a message.
            let message = [&[0x47, 1, 0, 0], &bytes[..]].concat();
            check(like, &message);
        }
    }
}
