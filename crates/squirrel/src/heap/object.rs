//! The objects of a heap, but for strings and tables.

use smallvec::SmallVec;

use super::arena::Object;
use super::table::{NONE, Table};
use crate::text::regexp::Regexp;
use crate::value::Value;
use std::sync::Arc;

/// An array.
#[derive(Clone, Debug, Default)]
pub(crate) struct Array(pub(crate) Vec<Value>);

impl Object for Array {
    fn owned_bytes(&self) -> usize {
        self.0.capacity() * size_of::<Value>()
    }
}

/// What a closure runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// A function of a program, by its index among the machine's functions.
    Script(u32),
    /// A native function of the image, by its index there; for one that is bound to an environment.
    Native(u32),
}

/// A function with what it captured.
#[derive(Clone, Debug)]
pub(crate) struct Closure {
    pub(crate) code: Code,
    /// Indexes of the cells that it captured.
    pub(crate) outers: SmallVec<[u32; 4]>,
    /// Values of the last parameters.
    pub(crate) defaults: Box<[Value]>,
    /// What `bindenv` bound, or null.
    pub(crate) env: Value,
    /// The class whose `base` the function means: the superclass itself, or [`NONE`].
    pub(crate) base: u32,
}

impl Default for Closure {
    fn default() -> Closure {
        Closure {
            code: Code::Script(0),
            outers: SmallVec::new(),
            defaults: Box::default(),
            env: Value::NULL,
            base: NONE,
        }
    }
}

impl Object for Closure {
    fn owned_bytes(&self) -> usize {
        self.defaults.len() * size_of::<Value>() + if self.outers.spilled() { self.outers.capacity() * 4 } else { 0 }
    }
}

/// A captured variable.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell(pub(crate) Value);

impl Default for Cell {
    fn default() -> Cell {
        Cell(Value::NULL)
    }
}

impl Object for Cell {
    fn owned_bytes(&self) -> usize {
        0
    }
}

/// A weak reference. There is one a target.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WeakRef(pub(crate) Value);

impl Default for WeakRef {
    fn default() -> WeakRef {
        WeakRef(Value::NULL)
    }
}

impl Object for WeakRef {
    fn owned_bytes(&self) -> usize {
        0
    }
}

/// The metamethods, in the order of the reference.
#[repr(usize)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metamethod {
    Add,
    Sub,
    Mul,
    Div,
    Unm,
    Modulo,
    Set,
    Get,
    Typeof,
    Nexti,
    Cmp,
    Call,
    Cloned,
    Newslot,
    Delslot,
    Tostring,
    Newmember,
    Inherited,
}

/// The names of the metamethods, by [`Metamethod`].
pub(crate) const METAMETHODS: [&str; 18] = [
    "_add",
    "_sub",
    "_mul",
    "_div",
    "_unm",
    "_modulo",
    "_set",
    "_get",
    "_typeof",
    "_nexti",
    "_cmp",
    "_call",
    "_cloned",
    "_newslot",
    "_delslot",
    "_tostring",
    "_newmember",
    "_inherited",
];

/// A field or method of a class.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    pub(crate) value: Value,
    pub(crate) attributes: Value,
}

/// A class. `members` maps a name to an integer: the index of a field, or [`METHOD`] and the index of a method.
#[derive(Clone, Debug, Default)]
pub(crate) struct Class {
    pub(crate) members: Table,
    pub(crate) fields: Vec<Member>,
    pub(crate) methods: Vec<Member>,
    pub(crate) metamethods: Option<Box<[Value; METAMETHODS.len()]>>,
    /// Index of the superclass, or [`NONE`].
    pub(crate) base: u32,
    /// Index of the constructor among the methods, or [`NONE`].
    pub(crate) constructor: u32,
    /// Whether it has instances, so that no field may be added.
    pub(crate) locked: bool,
    pub(crate) attributes: Option<Value>,
    /// What the host or the library keeps in each instance.
    pub(crate) native: NativeKind,
}

/// The flag of a method in the members of a class.
pub(crate) const METHOD: i32 = 1 << 24;

impl Object for Class {
    fn owned_bytes(&self) -> usize {
        self.members.owned_bytes()
            + (self.fields.capacity() + self.methods.capacity()) * size_of::<Member>()
            + if self.metamethods.is_some() { size_of::<[Value; METAMETHODS.len()]>() } else { 0 }
    }
}

/// What kind of native content the instances of a class have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum NativeKind {
    #[default]
    None,
    Blob,
    Regexp,
    /// A kind of the host's, by its index in the image.
    Host(u16),
}

/// Native content of an instance.
#[derive(Debug, Clone)]
pub(crate) enum Payload {
    Blob(Blob),
    /// A compiled pattern with its source.
    Regexp(Arc<Regexp>, Box<[u8]>),
    /// Bytes that the host keeps, of the kind with this index.
    Host(u16, Box<[u8]>),
}

impl Payload {
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Payload>()
            + match self {
                Payload::Blob(blob) => blob.bytes.capacity(),
                Payload::Regexp(regexp, source) => regexp.memory_bytes() + source.len(),
                Payload::Host(_, bytes) => bytes.len(),
            }
    }
}

/// The content of a blob.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blob {
    pub(crate) bytes: Vec<u8>,
    pub(crate) position: usize,
}

/// An instance of a class.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) class: u32,
    pub(crate) fields: SmallVec<[Value; 3]>,
    pub(crate) payload: Option<Box<Payload>>,
}

impl Default for Instance {
    fn default() -> Instance {
        Instance { class: NONE, fields: SmallVec::new(), payload: None }
    }
}

impl Object for Instance {
    fn owned_bytes(&self) -> usize {
        self.payload.as_ref().map_or(0, |payload| payload.bytes())
            + if self.fields.spilled() { self.fields.capacity() * size_of::<Value>() } else { 0 }
    }
}

/// What a generator is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum GeneratorState {
    Suspended,
    Running,
    #[default]
    Dead,
}

/// A function that stands at a `yield`, or at its start.
#[derive(Clone, Debug)]
pub(crate) struct Generator {
    pub(crate) closure: u32,
    pub(crate) pc: u32,
    pub(crate) state: GeneratorState,
    /// Its registers, while it is suspended.
    pub(crate) registers: Box<[Value]>,
}

impl Default for Generator {
    fn default() -> Generator {
        Generator { closure: NONE, pc: 0, state: GeneratorState::Dead, registers: Box::default() }
    }
}

impl Object for Generator {
    fn owned_bytes(&self) -> usize {
        self.registers.len() * size_of::<Value>()
    }
}
