use crate::{examples, generate::Random};
use impstead_device_protocol::{DecodeError, EncodeError, Float, Key, MAX_DEPTH, MAX_VALUE_BYTES, Problem, Value};

#[test]
fn a_value_arrives_as_it_was_sent() {
    for seed in 0..3_000 {
        let value = Random::new(seed).value(4);
        // Now and then one is longer than the limit, which other tests look at.
        let Ok(bytes) = value.encode() else { continue };
        assert_eq!(Value::decode(&bytes), Ok(value), "seed {seed}");
    }
}

#[test]
fn every_float_keeps_its_bits() {
    for bits in (0..=u32::MAX).step_by(655_211).chain([0x7f80_0001, 0x7fbf_ffff, 0x7fc0_0000, 0xffff_ffff]) {
        let value = Value::Float(Float::from_bits(bits));
        assert_eq!(Value::decode(&value.encode().unwrap()), Ok(value));
    }
}

#[test]
fn every_length_of_integer_arrives() {
    for shift in 0..32 {
        for near in [-1, 0, 1] {
            for number in
                [1_i32.wrapping_shl(shift).wrapping_add(near), (-1_i32).wrapping_shl(shift).wrapping_add(near)]
            {
                let value = Value::Int(number);
                assert_eq!(Value::decode(&value.encode().unwrap()), Ok(value));
            }
        }
    }
}

#[test]
fn there_is_one_encoding_of_a_value() {
    // Whatever bytes are taken for a value are those that it is written as. Small alphabets make values likely.
    let alphabet: Vec<u8> =
        (0x80..0x84).chain(0x90..0x94).chain(0xa0..0xa9).chain([0, 1, 0x3f, 0x40, 0x41, 0x42]).collect();
    let mut taken = 0;
    for seed in 0..50_000 {
        let mut random = Random::new(seed);
        let bytes: Vec<u8> = (0..=random.below(12)).map(|_| alphabet[random.below(alphabet.len())]).collect();
        if let Ok(value) = Value::decode(&bytes) {
            taken += 1;
            assert_eq!(value.encode().unwrap(), bytes, "{bytes:02x?}");
        }
    }
    assert!(taken > 500, "only {taken} were values");
}

#[test]
fn a_value_ends_where_it_ends() {
    for (name, example) in examples::all() {
        if let examples::Example::Value(value) = example {
            let mut bytes = value.encode().unwrap();
            for end in 0..bytes.len() {
                let error = Value::decode(&bytes[..end]).unwrap_err();
                assert_eq!(error.problem, Problem::Truncated, "{name} cut at {end}");
                assert!(error.offset <= end);
            }
            bytes.push(0);
            let problem = Problem::LeftOver;
            assert_eq!(Value::decode(&bytes), Err(DecodeError { problem, offset: bytes.len() - 1 }), "{name}");
        }
    }
}

#[test]
fn what_is_no_value_is_refused_where_it_goes_wrong() {
    let hostile: &[(&[u8], Problem, usize)] = &[
        (&[], Problem::Truncated, 0),
        (&[0xa9], Problem::UnknownTag(0xa9), 0),
        (&[0x81, 0xff], Problem::UnknownTag(0xff), 1),
        // Numbers and lengths that have a shorter form.
        (&[0xa3, 0x3f], Problem::NotShortest, 1),
        (&[0xa3, 0xc0, 0x00], Problem::NotShortest, 1),
        (&[0xa5, 0x01, b'x'], Problem::NotShortest, 1),
        (&[0xa6, 0x80, 0x00], Problem::NotShortest, 1),
        (&[0xa7, 0x00], Problem::NotShortest, 1),
        (&[0xa8, 0x0f], Problem::NotShortest, 1),
        // Numbers beyond 32 bits.
        (&[0xa3, 0xff, 0xff, 0xff, 0xff, 0x10], Problem::OutOfRange, 1),
        (&[0xa3, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], Problem::OutOfRange, 1),
        // Lengths and counts that promise what is not there.
        (&[0x42, b'x'], Problem::Truncated, 1),
        (&[0xa6, 0x04, 1, 2, 3], Problem::Truncated, 1),
        (&[0xa6, 0xff, 0xff, 0xff, 0xff, 0x0f], Problem::TooLong(MAX_VALUE_BYTES), 1),
        (&[0xa7, 0xff, 0xff, 0xff, 0xff, 0x0f], Problem::Truncated, 0),
        (&[0xa8, 0xff, 0xff, 0xff, 0xff, 0x0f], Problem::Truncated, 0),
        (&[0x84, 0, 0, 0], Problem::Truncated, 0),
        (&[0x92, 0x41, b'a', 0], Problem::Truncated, 0),
        // Three items left for two arrays that promise two each.
        (&[0x82, 0x82, 0, 0], Problem::Truncated, 1),
        // Keys.
        (&[0x91, 0xa0, 0xa0], Problem::BadKey(0xa0), 1),
        (&[0x91, 0x80, 0xa0], Problem::BadKey(0x80), 1),
        (&[0x91, 0xa6, 0x00, 0xa0], Problem::BadKey(0xa6), 1),
        (&[0x92, 0x41, b'a', 0, 0x41, b'a', 1], Problem::DuplicateKey, 4),
        (&[0x92, 0x01, 0, 0x01, 1], Problem::DuplicateKey, 3),
    ];
    for (bytes, problem, offset) in hostile {
        assert_eq!(Value::decode(bytes), Err(DecodeError { problem: *problem, offset: *offset }), "{bytes:02x?}");
    }
}

#[test]
fn depth_is_bounded_both_ways() {
    let nest = |depth: usize| (0..depth).fold(Value::Null, |inner, _| Value::from([inner]));
    assert!(nest(MAX_DEPTH).encode().is_ok());
    assert_eq!(nest(MAX_DEPTH + 1).encode(), Err(EncodeError::TooDeep));
    let mut bytes = vec![0x81; MAX_DEPTH];
    bytes.push(0xa0);
    assert_eq!(Value::decode(&bytes), Ok(nest(MAX_DEPTH)));
    bytes.insert(0, 0x81);
    assert_eq!(Value::decode(&bytes), Err(DecodeError { problem: Problem::TooDeep, offset: MAX_DEPTH }));
    // Much deeper than the stack: refused before it is descended into.
    assert!(Value::decode(&vec![0x81; MAX_VALUE_BYTES]).is_err());
    assert!(Value::decode(&[0x91, 0x40].repeat(MAX_VALUE_BYTES / 2)).is_err());
}

#[test]
fn length_is_bounded_both_ways() {
    let too_long = Err(EncodeError::TooLong { what: "value", limit: MAX_VALUE_BYTES });
    let longest = Value::blob(vec![7; MAX_VALUE_BYTES - 4]);
    let bytes = longest.encode().unwrap();
    assert_eq!(bytes.len(), MAX_VALUE_BYTES);
    assert_eq!(Value::decode(&bytes), Ok(longest));
    assert_eq!(Value::blob(vec![7; MAX_VALUE_BYTES - 3]).encode(), too_long);
    assert_eq!(Value::string(vec![7; MAX_VALUE_BYTES * 2]).encode(), too_long);
    assert_eq!(Value::Array(vec![Value::Null; MAX_VALUE_BYTES].into()).encode(), too_long);
    assert_eq!(Value::Array(vec![Value::blob([7; 1000]); 263].into()).encode(), too_long);
    let problem = Problem::TooLong(MAX_VALUE_BYTES);
    assert_eq!(Value::decode(&vec![0; MAX_VALUE_BYTES + 1]), Err(DecodeError { problem, offset: 0 }));
}

#[test]
fn the_largest_tables_are_read_in_little_time() {
    let entries = (0..30_000).map(|number| (Key::Int(number), Value::Null));
    let table = Value::Table(entries.collect());
    assert_eq!(Value::decode(&table.encode().unwrap()), Ok(table));
}

#[test]
fn a_table_keeps_its_order_and_has_no_key_twice() {
    let table = |keys: &[&str]| Value::Table(keys.iter().map(|key| (Key::from(*key), Value::Null)).collect());
    assert_ne!(table(&["a", "b"]).encode(), table(&["b", "a"]).encode());
    assert_eq!(table(&["b", "a", "b"]).encode(), Err(EncodeError::DuplicateKey));
    // The integer and the float of the same size are two keys, as they are to Squirrel.
    let both = [(Key::Int(1), Value::Null), (Key::Float(Float::from(1.0)), Value::Null)];
    assert!(Value::Table(both.into()).encode().is_ok());
}
