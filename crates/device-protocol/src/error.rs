/// Why bytes are not a value or a frame, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at byte {offset}")]
pub struct DecodeError {
    /// What is wrong.
    pub problem: Problem,
    /// Where the item begins that is wrong, from the first byte of the value or frame.
    pub offset: usize,
}

/// What can be wrong with bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The bytes end before the item does, or a length or count promises more than is left.
    #[error("input ends too early")]
    Truncated,
    /// Bytes are left over after the item.
    #[error("bytes left over")]
    LeftOver,
    /// A frame type that must be understood and is not.
    #[error("unknown frame type {0:#04x}")]
    UnknownFrame(u8),
    /// A frame that only the other side may send.
    #[error("frame type {0:#04x} in the wrong direction")]
    WrongDirection(u8),
    /// A field that must be understood and is not.
    #[error("unknown field {0:#04x}")]
    UnknownField(u8),
    /// Fields not in ascending order, or one of them twice.
    #[error("field {0:#04x} out of order")]
    FieldOrder(u8),
    /// A field whose content is longer or shorter than it must be.
    #[error("field {0:#04x} has the wrong length")]
    FieldLength(u8),
    /// A tag that begins no value.
    #[error("unknown tag {0:#04x}")]
    UnknownTag(u8),
    /// A null, blob, array or table as the key of a table.
    #[error("tag {0:#04x} cannot begin a key")]
    BadKey(u8),
    /// Two entries of a table have the same key.
    #[error("key appears twice")]
    DuplicateKey,
    /// A number, length or count not in its shortest form.
    #[error("not the shortest form")]
    NotShortest,
    /// A number that does not fit its type.
    #[error("number out of range")]
    OutOfRange,
    /// More bytes than the limit allows.
    #[error("longer than {0} bytes")]
    TooLong(usize),
    /// Arrays and tables nested too deep.
    #[error("nested too deep")]
    TooDeep,
    /// A truth value or set of flags with bits that have no meaning.
    #[error("bits without meaning")]
    BadFlags,
    /// Text that is not UTF-8, or a name of a server that is not printable ASCII.
    #[error("not valid text")]
    BadText,
    /// A challenge that does not begin as one of this protocol.
    #[error("not this protocol")]
    NotThisProtocol,
}

/// Why a value or frame cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// Part of it exceeds its limit.
    #[error("{what} longer than {limit} bytes")]
    TooLong {
        /// Which part.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// Arrays and tables nested deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    #[error("nested too deep")]
    TooDeep,
    /// Two entries of a table have the same key.
    #[error("key appears twice in a table")]
    DuplicateKey,
    /// A name of a server that is empty or not printable ASCII.
    #[error("not the name of a server")]
    BadText,
}
