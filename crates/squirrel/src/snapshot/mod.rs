//! Snapshots: a machine as bytes, and back.
//!
//! A snapshot has the whole machine between two slices: the objects of the heap at the places where they are, what is counted of
//! them, stacks, frames, and what the host holds. It has no code. A program of the host's is named by its
//! [digest](crate::Program::digest), and one that was compiled at run time has its source there; native functions,
//! objects and kinds of content of the host's are named as they were registered, and strings that the machine shares
//! with others by their content. So a machine can be read back by another process, whose image may have more.
//!
//! # Format
//!
//! All numbers are little-endian or variable in length (seven bits a byte, the lowest first):
//!
//! | part | content |
//! | --- | --- |
//! | header | eight bytes of magic, the version (4 bytes), a checksum of all that follows (8 bytes) |
//! | programs | dialect; for each program its digest, its number of functions, and maybe its source; which one shares its strings |
//! | names | shared strings, native functions, host objects and kinds that the rest refers to, by number |
//! | heap | for each kind of object: the slots in use, a bit each; then, kind by kind, the objects |
//! | machine | counters, root table, constants, values held, fibers with their stacks, and the error under way |
//!
//! A value is a byte with the type in its lower half; the upper half is the content if that is below 12, else 11 more than
//! the number of bytes that follow and are the content. Integers are folded so that small negative ones are short.
//!
//! What is read is never trusted: the checksum finds accidents, and everything that the machine relies on is checked
//! piece by piece, since checksums can be forged. The worst that a forged snapshot does is to end with
//! [`Step::Corrupt`](crate::Step::Corrupt), or to run on with values that no program would have produced.

mod read;
mod write;

pub(crate) use self::read::LastNames;

use std::fmt;

use crate::program::Digest;
use crate::value::Tag;

/// What every snapshot begins with: no text, and damaged by whatever takes it for one.
const MAGIC: [u8; 8] = *b"\x93SqVM\r\n\x1a";

/// The version of the format; a reader knows its own only.
const VERSION: u32 = 1;

/// Bytes of magic, version and checksum.
const HEADER: usize = 20;

/// Types of objects in the order in which the arenas are written: what is referred to by others' checks comes first.
const ARENAS: [Tag; 10] = [
    Tag::String,
    Tag::Cell,
    Tag::WeakRef,
    Tag::Array,
    Tag::Table,
    Tag::Closure,
    Tag::Class,
    Tag::Instance,
    Tag::Generator,
    Tag::Thread,
];

/// Where a type is in [`ARENAS`].
#[inline]
fn arena_of(tag: Tag) -> Option<usize> {
    Some(match tag {
        Tag::String => 0,
        Tag::Cell => 1,
        Tag::WeakRef => 2,
        Tag::Array => 3,
        Tag::Table => 4,
        Tag::Closure => 5,
        Tag::Class => 6,
        Tag::Instance => 7,
        Tag::Generator => 8,
        Tag::Thread => 9,
        Tag::Integer | Tag::Null | Tag::Bool | Tag::Float | Tag::Native | Tag::Host => return None,
    })
}

/// Why a snapshot cannot be written or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotError {
    /// The machine has ended: there is nothing to go on with.
    Ended,
    /// The bytes are no snapshot of a machine.
    NotASnapshot,
    /// They are one in this version of the format, which is not known here.
    Version(u32),
    /// They are one of a machine of the other dialect.
    Dialect,
    /// They are not what was written, or nothing that could have been.
    Damaged,
    /// The host does not have this program, or the compiler makes something else of it now.
    Program(Digest),
    /// The image does not have a native function, object or kind of content of this name.
    Name(String),
    /// The machine does not fit the limits.
    TooLarge,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SnapshotError::Ended => f.write_str("the machine has ended"),
            SnapshotError::NotASnapshot => f.write_str("not a snapshot"),
            SnapshotError::Version(version) => write!(f, "a snapshot of version {version}, which is not known"),
            SnapshotError::Dialect => f.write_str("a snapshot of the other dialect"),
            SnapshotError::Damaged => f.write_str("a damaged snapshot"),
            SnapshotError::Program(digest) => write!(f, "the snapshot needs the program {digest}"),
            SnapshotError::Name(name) => write!(f, "the snapshot needs `{name}`, which the image does not have"),
            SnapshotError::TooLarge => f.write_str("the snapshot does not fit the limits"),
        }
    }
}

impl std::error::Error for SnapshotError {}

/// A checksum that finds accidents.
fn checksum(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut sum = bytes.len() as u64;
    let mut add = |word: u64| {
        sum = (sum ^ word).wrapping_mul(FACTOR);
        sum ^= sum >> 29;
    };
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        add(u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    add(u64::from_le_bytes(last));
    add(0);
    sum
}
