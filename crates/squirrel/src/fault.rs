//! What stops an instruction.

use std::borrow::Cow;

use crate::value::Value;

/// Why an instruction or a native function did not finish.
#[derive(Debug)]
pub enum Fault {
    /// A value was thrown; the program may catch it.
    Throw(Value),
    /// An error with this text; it becomes a thrown string.
    Error(Cow<'static, str>),
    /// An error with a text that may hold any bytes.
    Bytes(Box<Vec<u8>>),
    /// So many bytes are wanted before the instruction can run: the machine collects garbage and runs it again, or
    /// ends the program if that does not help. Whoever returns it has changed nothing.
    Room(usize),
    /// The state of the machine makes no sense, as only a forged snapshot can bring about.
    Corrupt,
}

impl Fault {
    /// An error with this text.
    pub fn error(text: impl Into<Cow<'static, str>>) -> Fault {
        Fault::Error(text.into())
    }

    /// An error with a text that may hold any bytes.
    pub fn bytes(text: Vec<u8>) -> Fault {
        Fault::Bytes(Box::new(text))
    }
}

impl From<&'static str> for Fault {
    fn from(text: &'static str) -> Fault {
        Fault::Error(Cow::Borrowed(text))
    }
}
