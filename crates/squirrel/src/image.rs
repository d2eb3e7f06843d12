//! What machines are made of: the built-in functions, classes and constants, registered once and shared by all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashMap;

use crate::fault::Fault;
use crate::heap::meter::Meter;
use crate::heap::object::{METAMETHODS, NativeKind};
use crate::heap::strings::StringSet;
use crate::heap::table::Table;
use crate::library::{self, Builtin, Dialects, Owner};
use crate::native::NativeFn;
use crate::syntax::Constant;
use crate::value::{TAGS, Tag, Value};

/// Which Squirrel it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// The reference's, version 3.0.5.
    #[default]
    Stock,
    /// That of the imp platform.
    Imp,
}

/// A native function as registered.
#[derive(Clone, Debug)]
pub(crate) struct Native {
    pub(crate) function: NativeFn,
    pub(crate) name: Value,
    /// As the reference's `nparamscheck`: exact if positive, at least that many if negative, any if 0; `this` counts.
    pub(crate) parameters: i8,
    /// Masks of accepted types by parameter, `this` first; 0 accepts all.
    pub(crate) types: Box<[u32]>,
    /// The registry entry.
    pub(crate) builtin: Option<&'static Builtin>,
    /// Where it was registered, by the index of the owner's name in the image, and its name there: what snapshots call it.
    pub(crate) owner: u16,
    pub(crate) key: Value,
    /// For people, as in [`Builtin`]; of what the host registers.
    pub(crate) signature: Box<str>,
    pub(crate) doc: Box<str>,
}

/// Everything that machines share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Image(pub(crate) Arc<ImageData>);

#[derive(Debug)]
pub(crate) struct ImageData {
    pub(crate) number: u64,
    pub(crate) dialect: Dialect,
    pub(crate) strings: Arc<StringSet>,
    pub(crate) natives: Vec<Native>,
    /// The root table as a new machine has it. Values in it are scalars, strings, natives, host objects, or `Table` and `Class`
    /// values that number `tables` and `classes`.
    pub(crate) root: Table,
    pub(crate) tables: Vec<Table>,
    pub(crate) classes: Vec<ImageClass>,
    /// The default delegates by type; an empty one where a type has none.
    pub(crate) delegates: [Table; TAGS],
    /// Read-only objects of the host: their members.
    pub(crate) objects: Vec<Table>,
    /// The path of each of them from the root table: `http`, `http.headers`.
    pub(crate) object_names: Vec<Box<str>>,
    /// The owners of native functions: objects and classes by path, built-in types by name.
    pub(crate) owners: Vec<Box<str>>,
    /// Finds a native function by owner and name.
    pub(crate) native_index: HashMap<(u16, Value), u32>,
    /// The names of the kinds of native content that the host's classes have.
    pub(crate) kinds: Vec<Box<str>>,
    pub(crate) constants: Vec<(Box<[u8]>, Constant)>,
    pub(crate) metamethods: [Value; METAMETHODS.len()],
    pub(crate) constructor: Value,
    /// The names of the types, by tag.
    pub(crate) type_names: [Value; TAGS],
    pub(crate) null_text: Box<[u8]>,
    /// Natives of the machine's own.
    pub(crate) start: u32,
    pub(crate) concatenate: u32,
}

/// A class of the image, before a machine has made it.
#[derive(Clone, Debug)]
pub(crate) struct ImageClass {
    pub(crate) base: Option<usize>,
    pub(crate) native: crate::heap::object::NativeKind,
    /// Names and natives, in order.
    pub(crate) methods: Vec<(Value, Value)>,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

impl Image {
    /// Makes an image with the standard libraries of a dialect and nothing else.
    pub fn new(dialect: Dialect) -> Image {
        ImageBuilder::new(dialect).build()
    }

    /// The dialect.
    pub fn dialect(&self) -> Dialect {
        self.0.dialect
    }

    /// All native functions, built in and the host's, in the order of their registration: for completion and reference
    /// pages.
    pub fn functions(&self) -> impl Iterator<Item = FunctionInfo<'_>> {
        // The machine's own have no name.
        self.0.natives.iter().filter(|native| !native.name.is_null()).map(|native| {
            let (signature, doc) = match native.builtin {
                Some(builtin) => (builtin.signature, builtin.doc),
                None => (&*native.signature, &*native.doc),
            };
            let owner = self.0.owners.get(usize::from(native.owner)).map_or("", |owner| owner);
            FunctionInfo {
                owner,
                name: self.0.strings.bytes(native.key),
                parameters: native.parameters,
                signature,
                doc,
            }
        })
    }

    /// The path of an [object](ImageBuilder::object) of the host, as programs write it; none for other values.
    pub fn object_path(&self, value: Value) -> Option<&str> {
        if value.is(Tag::Host) { self.0.object_names.get(value.index()).map(|path| &**path) } else { None }
    }

    /// The names in the root table of a new machine, in no particular order.
    pub fn globals(&self) -> Vec<Vec<u8>> {
        self.0.root.iter().map(|(name, _)| self.0.strings.bytes(name).to_vec()).collect()
    }
}

impl ImageData {
    /// The index of a kind of content that a host keeps in instances.
    pub(crate) fn kind(&self, name: &str) -> Option<u16> {
        self.kinds.iter().position(|kind| **kind == *name).and_then(|index| u16::try_from(index).ok())
    }

    /// A byte of a string: signed in the stock dialect, as C's `char` is.
    #[inline(always)]
    pub(crate) fn byte(&self, byte: u8) -> Value {
        match self.dialect {
            Dialect::Stock => Value::integer(i32::from(byte.cast_signed())),
            Dialect::Imp => Value::integer(i32::from(byte)),
        }
    }
}

impl Native {
    /// Checks number and types of arguments, `this` first.
    ///
    /// # Errors
    /// `wrong number of parameters`, or `parameter N has an invalid type 'T' ; expected: 'T1|T2'`.
    #[inline]
    pub(crate) fn check(&self, arguments: &[Value]) -> Result<(), Fault> {
        let count = arguments.len();
        let wanted = self.parameters;
        let fits = if wanted > 0 {
            count == usize::from(wanted.unsigned_abs())
        } else {
            count >= usize::from(wanted.unsigned_abs())
        };
        if !fits {
            return Err("wrong number of parameters".into());
        }
        for (place, (argument, &mask)) in arguments.iter().zip(&self.types).enumerate() {
            if mask != 0 && mask & type_bit(argument.tag()) == 0 {
                return Err(wrong_type(place, argument.tag(), mask));
            }
        }
        Ok(())
    }
}

/// The names of types in masks, in the order in which errors list them.
const MASK_NAMES: [(&str, u32); 16] = [
    ("null", 1),
    ("integer", 2),
    ("float", 4),
    ("bool", 8),
    ("string", 16),
    ("table", 32),
    ("array", 64),
    ("userdata", 128),
    ("function", 256),
    ("function", 512),
    ("generator", 1024),
    ("userpointer", 2048),
    ("thread", 4096),
    ("class", 8192),
    ("instance", 16384),
    ("weakref", 32768),
];

fn type_bit(tag: Tag) -> u32 {
    match tag {
        Tag::Null => 1,
        Tag::Integer => 2,
        Tag::Float => 4,
        Tag::Bool => 8,
        Tag::String => 16,
        Tag::Table => 32,
        Tag::Array => 64,
        Tag::Host => 128,
        Tag::Closure => 256,
        Tag::Native => 512,
        Tag::Generator => 1024,
        Tag::Thread => 4096,
        Tag::Class => 8192,
        Tag::Instance => 16384,
        Tag::WeakRef => 32768,
        Tag::Cell => 0,
    }
}

#[cold]
fn wrong_type(place: usize, tag: Tag, mask: u32) -> Fault {
    let mut names = String::new();
    for (name, bit) in MASK_NAMES {
        if mask & bit != 0 {
            if !names.is_empty() {
                names.push('|');
            }
            names.push_str(name);
        }
    }
    Fault::error(format!("parameter {place} has an invalid type '{}' ; expected: '{names}'", tag.name()))
}

/// Reads a type mask as in [`Builtin::types`]: a mask a parameter.
fn masks(types: &str) -> Box<[u32]> {
    let mut masks: Vec<u32> = Vec::new();
    let mut join = false;
    for letter in types.bytes() {
        let mask = match letter {
            b'|' => {
                join = true;
                continue;
            }
            b'o' => 1,
            b'i' => 2,
            b'f' => 4,
            b'n' => 6,
            b'b' => 8,
            b's' => 16,
            b't' => 32,
            b'a' => 64,
            b'u' => 128,
            b'c' => 256 | 512,
            b'g' => 1024,
            b'p' => 2048,
            b'v' => 4096,
            b'y' => 8192,
            b'x' => 16384,
            b'r' => 32768,
            _ => 0,
        };
        match masks.last_mut() {
            Some(last) if join => *last |= mask,
            _ => masks.push(mask),
        }
        join = false;
    }
    masks.into()
}

/// Builds an [`Image`]: the libraries of a dialect, and what a host adds to them.
#[derive(Debug)]
pub struct ImageBuilder {
    dialect: Dialect,
    strings: StringSet,
    natives: Vec<Native>,
    root: Table,
    tables: Vec<Table>,
    classes: Vec<ImageClass>,
    delegates: [Table; TAGS],
    objects: Vec<Table>,
    object_names: Vec<Box<str>>,
    owners: Vec<Box<str>>,
    kinds: Vec<Box<str>>,
    constants: Vec<(Box<[u8]>, Constant)>,
    null_text: Box<[u8]>,
    start: u32,
    concatenate: u32,
}

/// Fuel and memory do not matter while an image is built.
fn insert(table: &mut Table, strings: &StringSet, key: Value, value: Value) {
    let mut meter = Meter::new(usize::MAX / 2);
    meter.open();
    let done = table.set(key, strings.hash(key), value, &mut meter, &mut 0);
    debug_assert!(done.is_ok());
}

impl ImageBuilder {
    /// Begins with the standard libraries of a dialect.
    pub fn new(dialect: Dialect) -> ImageBuilder {
        Self::with_seed(dialect, 0x1d87_2b41_9a3c_55e7)
    }

    /// The same, with a seed for the hash that finds equal strings. A host of strangers' programs gives a secret number, so
    /// that nobody can prepare strings that collide; programs cannot see it.
    pub fn with_seed(dialect: Dialect, seed: u64) -> ImageBuilder {
        let mut builder = ImageBuilder {
            dialect,
            strings: StringSet::new(seed, dialect == Dialect::Stock),
            natives: Vec::new(),
            root: Table::with_capacity(0),
            tables: Vec::new(),
            classes: Vec::new(),
            delegates: std::array::from_fn(|_| Table::with_capacity(0)),
            objects: Vec::new(),
            object_names: Vec::new(),
            owners: Vec::new(),
            kinds: Vec::new(),
            constants: Vec::new(),
            null_text: match dialect {
                Dialect::Stock => b"(null : 0x(nil))".as_slice().into(),
                Dialect::Imp => b"(null : 0x0)".as_slice().into(),
            },
            start: 0,
            concatenate: 0,
        };
        builder.start = builder.internal("start", crate::vm::internal::start);
        builder.concatenate = builder.internal("concatenate", crate::vm::internal::concatenate);
        builder.libraries();
        builder
    }

    fn internal(&mut self, name: &str, function: NativeFn) -> u32 {
        let (_, native) = self.native("(machine)", &Function::new(name, function, 0, ""));
        if let Some(native) = self.natives.last_mut() {
            native.name = Value::NULL;
        }
        native.payload()
    }

    /// The index of an owner's name.
    fn owner(&mut self, name: &str) -> u16 {
        let index = self.owners.iter().position(|owner| **owner == *name).unwrap_or_else(|| {
            self.owners.push(name.into());
            self.owners.len() - 1
        });
        u16::try_from(index).unwrap_or(u16::MAX)
    }

    fn add_native(&mut self, builtin: &'static Builtin) -> (Value, Value) {
        let Builtin { name, function, parameters, types, .. } = *builtin;
        let native = self.native(builtin.owner.name(), &Function::new(name, function, parameters, types));
        if let Some(native) = self.natives.last_mut() {
            native.builtin = Some(builtin);
        }
        native
    }

    fn has(&self, dialects: Dialects) -> bool {
        match dialects {
            Dialects::Both => true,
            Dialects::Stock => self.dialect == Dialect::Stock,
            Dialects::Imp => self.dialect == Dialect::Imp,
        }
    }

    fn libraries(&mut self) {
        let mut math = Table::with_capacity(0);
        let mut blob = Vec::new();
        let mut regexp = Vec::new();
        for builtin in library::BUILTINS.iter().copied().flatten() {
            if !self.has(builtin.dialects) {
                continue;
            }
            let (name, native) = self.add_native(builtin);
            let tags: &[Tag] = match builtin.owner {
                Owner::Root => {
                    insert(&mut self.root, &self.strings, name, native);
                    continue;
                }
                Owner::Math => {
                    let table = if self.dialect == Dialect::Imp { &mut math } else { &mut self.root };
                    insert(table, &self.strings, name, native);
                    continue;
                }
                Owner::Blob => {
                    blob.push((name, native));
                    continue;
                }
                Owner::Regexp => {
                    regexp.push((name, native));
                    continue;
                }
                Owner::Number => &[Tag::Integer, Tag::Float],
                Owner::Bool => &[Tag::Bool],
                Owner::String => &[Tag::String],
                Owner::Table => &[Tag::Table],
                Owner::Array => &[Tag::Array],
                Owner::Function => &[Tag::Closure, Tag::Native],
                Owner::Class => &[Tag::Class],
                Owner::Instance => &[Tag::Instance],
                Owner::Generator => &[Tag::Generator],
                Owner::Thread => &[Tag::Thread],
                Owner::WeakRef => &[Tag::WeakRef],
            };
            for &tag in tags {
                insert(&mut self.delegates[tag as usize], &self.strings, name, native);
            }
        }
        for &(dialects, name, constant) in library::CONSTANTS {
            if !self.has(dialects) {
                continue;
            }
            let name = self.strings.intern(name.as_bytes());
            let value = match constant {
                library::RootConstant::Integer(integer) => Value::integer(integer),
                library::RootConstant::Float(float) => Value::float(float),
                library::RootConstant::Text(text) => self.strings.intern(text.as_bytes()),
            };
            insert(&mut self.root, &self.strings, name, value);
        }
        if self.dialect == Dialect::Imp {
            self.tables.push(math);
            let name = self.strings.intern(b"math");
            insert(&mut self.root, &self.strings, name, Value::new(Tag::Table, last_index(&self.tables)));
        }
        match self.dialect {
            Dialect::Stock => {
                // There a blob is one kind of stream; the others need files.
                self.library_class("stream", None, NativeKind::None, &[]);
                self.library_class("blob", Some(0), NativeKind::Blob, &blob);
                self.library_class("regexp", None, NativeKind::Regexp, &regexp);
            }
            Dialect::Imp => {
                self.library_class("blob", None, NativeKind::Blob, &blob);
                self.library_class("regexp", None, NativeKind::Regexp, &regexp);
                self.library_class("regexp2", None, NativeKind::Regexp, &regexp);
            }
        }
    }

    fn library_class(&mut self, name: &str, base: Option<usize>, native: NativeKind, methods: &[(Value, Value)]) {
        self.classes.push(ImageClass { base, native, methods: methods.to_vec() });
        let name = self.strings.intern(name.as_bytes());
        insert(&mut self.root, &self.strings, name, Value::new(Tag::Class, last_index(&self.classes)));
    }

    /// Sets the text of null, which depends on the platform in the imp dialect.
    #[must_use]
    pub fn null_text(mut self, text: &[u8]) -> ImageBuilder {
        self.null_text = text.into();
        self
    }

    /// Adds a function to the root table.
    #[must_use]
    pub fn function(mut self, function: Function<'_>) -> ImageBuilder {
        let (name, value) = self.native("", &function);
        insert(&mut self.root, &self.strings, name, value);
        self
    }

    /// Registers a native function; returns its name and itself.
    fn native(&mut self, owner: &str, function: &Function<'_>) -> (Value, Value) {
        let owner = self.owner(owner);
        let name = self.strings.intern(function.name.as_bytes());
        self.natives.push(Native {
            function: function.function,
            name,
            parameters: function.parameters,
            types: masks(function.types),
            builtin: None,
            owner,
            key: name,
            signature: function.signature.into(),
            doc: function.doc.into(),
        });
        (name, Value::new(Tag::Native, last_index(&self.natives)))
    }

    /// Adds a constant, which programs know when they are compiled.
    #[must_use]
    pub fn constant(mut self, name: &str, constant: Constant) -> ImageBuilder {
        self.constants.push((name.as_bytes().into(), constant));
        self
    }

    /// Adds a read-only object to the root table, with functions, scalar values and further objects for members. Its
    /// `typeof` is `meta`.
    #[must_use]
    pub fn object(mut self, name: &str, members: &[Member<'_>]) -> ImageBuilder {
        let value = self.add_object(name, members);
        let name = self.strings.intern(name.as_bytes());
        insert(&mut self.root, &self.strings, name, value);
        self
    }

    fn add_object(&mut self, path: &str, members: &[Member<'_>]) -> Value {
        let mut table = Table::with_capacity(members.len());
        for member in members {
            let (key, value) = match *member {
                Member::Function(ref function) => self.native(path, function),
                Member::Object { name, members } => {
                    let value = self.add_object(&format!("{path}.{name}"), members);
                    (self.strings.intern(name.as_bytes()), value)
                }
                // Programs never see the cell.
                Member::Held { name, place } => {
                    (self.strings.intern(name.as_bytes()), Value::new(Tag::Cell, place.place()))
                }
                Member::Integer { name, value } => (self.strings.intern(name.as_bytes()), Value::integer(value)),
                Member::Float { name, value } => (self.strings.intern(name.as_bytes()), Value::float(value)),
                Member::Bool { name, value } => (self.strings.intern(name.as_bytes()), Value::bool(value)),
                Member::Text { name, value } => {
                    (self.strings.intern(name.as_bytes()), self.strings.intern(value.as_bytes()))
                }
            };
            insert(&mut table, &self.strings, key, value);
        }
        self.objects.push(table);
        self.object_names.push(path.into());
        Value::new(Tag::Host, last_index(&self.objects))
    }

    /// Adds a class with native methods to the root table; `constructor` among them is the constructor.
    ///
    /// `payload`, if given, names the kind of content that the host keeps in instances of the class: bytes that programs
    /// do not see, which [`Call::payload`](crate::Call::payload) gives and
    /// [`Call::set_payload`](crate::Call::set_payload) sets. Snapshots have them, under that name.
    #[must_use]
    pub fn class(mut self, name: &str, payload: Option<&str>, methods: &[Function<'_>]) -> ImageBuilder {
        let list: Vec<_> = methods.iter().map(|method| self.native(name, method)).collect();
        let native = match payload {
            None => NativeKind::None,
            Some(kind) => {
                let index = self.kinds.iter().position(|known| **known == *kind).unwrap_or_else(|| {
                    self.kinds.push(kind.into());
                    self.kinds.len() - 1
                });
                NativeKind::Host(u16::try_from(index).unwrap_or(u16::MAX))
            }
        };
        self.library_class(name, None, native, &list);
        self
    }

    /// Makes the image.
    pub fn build(mut self) -> Image {
        let metamethods = METAMETHODS.map(|name| self.strings.intern(name.as_bytes()));
        let constructor = self.strings.intern(b"constructor");
        let type_names = std::array::from_fn(|tag| {
            let tag = u32::try_from(tag).ok().and_then(Tag::from_number);
            self.strings.intern(tag.map_or("", Tag::name).as_bytes())
        });
        // Of two functions with one owner and name the later one counts, as it does for programs.
        let native_index: HashMap<(u16, Value), u32> =
            (0..).zip(&self.natives).map(|(index, native)| ((native.owner, native.key), index)).collect();
        Image(Arc::new(ImageData {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            dialect: self.dialect,
            strings: Arc::new(self.strings),
            natives: self.natives,
            root: self.root,
            tables: self.tables,
            classes: self.classes,
            delegates: self.delegates,
            objects: self.objects,
            object_names: self.object_names,
            owners: self.owners,
            native_index,
            kinds: self.kinds,
            constants: self.constants,
            metamethods,
            constructor,
            type_names,
            null_text: self.null_text,
            start: self.start,
            concatenate: self.concatenate,
        }))
    }
}

/// A native function that the host registers.
#[derive(Clone, Copy, Debug)]
pub struct Function<'a> {
    /// Its name.
    pub name: &'a str,
    /// What runs.
    pub function: NativeFn,
    /// Number of parameters with `this`, as in [`Builtin::parameters`].
    pub parameters: i8,
    /// Types of the parameters, as in [`Builtin::types`].
    pub types: &'a str,
    /// For people: `sleep(seconds)`.
    pub signature: &'a str,
    /// For people: one line.
    pub doc: &'a str,
}

impl<'a> Function<'a> {
    /// A function without documentation.
    pub const fn new(name: &'a str, function: NativeFn, parameters: i8, types: &'a str) -> Function<'a> {
        Function { name, function, parameters, types, signature: "", doc: "" }
    }

    /// The same with signature and documentation, for completion and reference pages.
    #[must_use]
    pub const fn documented(self, signature: &'a str, doc: &'a str) -> Function<'a> {
        Function { signature, doc, ..self }
    }
}

/// A member of a host's object.
#[derive(Clone, Copy, Debug)]
pub enum Member<'a> {
    /// A native function.
    Function(Function<'a>),
    /// An object in the object.
    Object {
        /// Its name.
        name: &'a str,
        /// What it has.
        members: &'a [Member<'a>],
    },
    /// An integer.
    Integer {
        /// Its name.
        name: &'a str,
        /// The number.
        value: i32,
    },
    /// A float.
    Float {
        /// Its name.
        name: &'a str,
        /// The number.
        value: f32,
    },
    /// A bool.
    Bool {
        /// Its name.
        name: &'a str,
        /// What it is.
        value: bool,
    },
    /// A string.
    Text {
        /// Its name.
        name: &'a str,
        /// The text.
        value: &'a str,
    },
    /// What each machine [holds](crate::Vm::hold) at a place: a value of its own.
    Held {
        /// Its name.
        name: &'a str,
        /// The place.
        place: crate::vm::Held,
    },
}

/// What is known of a native function of an image: see [`Image::functions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionInfo<'a> {
    /// Where it lives: the path of an object or class, the name of a built-in type, or nothing for the root table.
    pub owner: &'a str,
    /// Its name.
    pub name: &'a [u8],
    /// Number of parameters with `this`, as in [`Builtin::parameters`].
    pub parameters: i8,
    /// For people: `find(substring [, start]) -> integer|null`. Empty where the host gave none.
    pub signature: &'a str,
    /// For people: one line. Empty where the host gave none.
    pub doc: &'a str,
}

#[expect(clippy::cast_possible_truncation, reason = "an image has a few thousand parts")]
fn last_index<T>(list: &[T]) -> u32 {
    list.len().saturating_sub(1) as u32
}
