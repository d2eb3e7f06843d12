//! Reading a machine, and checking everything that it relies on.

use std::sync::{Arc, PoisonError};

use hashbrown::HashSet;
use smallvec::SmallVec;

use self::Refusal::{Damaged, TooLarge};
use super::{ARENAS, HEADER, MAGIC, SnapshotError, VERSION, arena_of, checksum};
use crate::heap::arena::{Arena, Object};
use crate::heap::meter::Meter;
use crate::heap::object::{
    Array, Blob, Cell, Class, Closure, Code, Generator, GeneratorState, Instance, METHOD, Member, NativeKind, Payload,
    WeakRef,
};
use crate::heap::strings::Text;
use crate::heap::table::{NONE, Node, Table};
use crate::image::{Dialect, Image};
use crate::program::{Digest, Program, Proto};
use crate::syntax::{Constant, Scalar};
use crate::text::regexp::Regexp;
use crate::value::{Tag, Value};
use crate::vm::fiber::{Fiber, Frame, HEADROOM, Relation, Root, Status, Then};
use crate::vm::{Failure, Limits, LocalText, StackEntry, State, Vm};

/// Why a snapshot is refused, in two words: results that hold a value then fit registers.
enum Refusal {
    Damaged,
    TooLarge,
    Other(Box<SnapshotError>),
}

impl Refusal {
    fn other(error: SnapshotError) -> Refusal {
        Refusal::Other(Box::new(error))
    }
}

impl From<Refusal> for SnapshotError {
    fn from(refusal: Refusal) -> SnapshotError {
        match refusal {
            Damaged => SnapshotError::Damaged,
            TooLarge => SnapshotError::TooLarge,
            Refusal::Other(error) => *error,
        }
    }
}

type Result<T> = std::result::Result<T, Refusal>;

/// The largest debt of fuel that a machine can have.
const MAX_DEBT: u64 = 1 << 48;

impl Vm {
    /// Makes the machine of a [snapshot](Vm::snapshot) again.
    ///
    /// `image` may be another than that of the machine that was written, with more in it; what the snapshot names must be there, by
    /// the same names. `programs` gives the compiled programs by their [digest](Program::digest). The limits may be others, too.
    ///
    /// # Errors
    /// Any [`SnapshotError`] but [`SnapshotError::Ended`]. Nothing is kept of a snapshot that is refused, and reading it
    /// takes no more memory than the limits allow.
    pub fn restore(
        image: &Image,
        bytes: &[u8],
        programs: &mut dyn FnMut(&Digest) -> Option<Program>,
        limits: Limits,
    ) -> std::result::Result<Vm, SnapshotError> {
        let (magic, rest) = bytes.split_first_chunk::<8>().ok_or(SnapshotError::NotASnapshot)?;
        if *magic != MAGIC {
            return Err(SnapshotError::NotASnapshot);
        }
        let (version, rest) = rest.split_first_chunk::<4>().ok_or(SnapshotError::Damaged)?;
        let version = u32::from_le_bytes(*version);
        if version != VERSION {
            return Err(SnapshotError::Version(version));
        }
        let (sum, _) = rest.split_first_chunk::<8>().ok_or(SnapshotError::Damaged)?;
        let body = &bytes[HEADER..];
        if u64::from_le_bytes(*sum) != checksum(body) {
            return Err(SnapshotError::Damaged);
        }
        Ok(Vm::read_body(image, body, programs, limits)?)
    }

    fn read_body(
        image: &Image,
        body: &[u8],
        programs: &mut dyn FnMut(&Digest) -> Option<Program>,
        limits: Limits,
    ) -> Result<Vm> {
        let mut input = Input(body);
        let (programs, shares) = read_programs(&mut input, image, programs)?;
        let shared = match shares {
            0 => None,
            place => Some(programs.get(place - 1).ok_or(Damaged)?),
        };
        let mut vm = Vm::empty(image, shared, limits);
        let names = Names::find(&mut input, &mut vm, shared)?;
        let mut reader = Reader { input, names, vm, used: 0, live: Default::default(), slots: [0; ARENAS.len()] };
        reader.heap(&programs)?;
        reader.machine()?;
        if !reader.input.0.is_empty() {
            return Err(Damaged);
        }
        Ok(reader.vm)
    }
}

/// Bytes not read yet.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    #[inline]
    fn byte(&mut self) -> Result<u8> {
        let (&first, rest) = self.0.split_first().ok_or(Damaged)?;
        self.0 = rest;
        Ok(first)
    }

    fn flag(&mut self) -> Result<bool> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Damaged),
        }
    }

    #[inline]
    fn number(&mut self) -> Result<u64> {
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(u64::from(first));
        }
        let mut number = u64::from(first & 0x7f);
        for shift in 1..10 {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 9 && bits > 1 {
                break;
            }
            number |= bits << (7 * shift);
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Damaged)
    }

    fn size(&mut self) -> Result<usize> {
        usize::try_from(self.number()?).map_err(|_| Damaged)
    }

    #[inline]
    fn index(&mut self) -> Result<u32> {
        u32::try_from(self.number()?).map_err(|_| Damaged)
    }

    fn index_or_none(&mut self) -> Result<u32> {
        match self.number()? {
            0 => Ok(NONE),
            number => u32::try_from(number - 1).map_err(|_| Damaged),
        }
    }

    /// A number of things that take at least a byte each.
    fn count(&mut self) -> Result<usize> {
        let count = self.size()?;
        if count <= self.0.len() { Ok(count) } else { Err(Damaged) }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn bytes(&mut self) -> Result<&'a [u8]> {
        let count = self.count()?;
        self.take(count)
    }

    fn text(&mut self) -> Result<&'a str> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Damaged)
    }

    /// The length of a vector of things that take at least a byte each, and its capacity.
    #[inline]
    fn length(&mut self) -> Result<(usize, usize)> {
        let number = self.size()?;
        let length = number >> 1;
        let capacity = if number & 1 == 0 { length } else { self.size()? };
        if length > self.0.len() || capacity < length {
            return Err(Damaged);
        }
        Ok((length, capacity))
    }

    #[inline]
    fn tagged(&mut self) -> Result<(Tag, u32)> {
        let first = self.byte()?;
        let tag = Tag::from_number(u32::from(first & 15)).ok_or(Damaged)?;
        let content = match first >> 4 {
            short @ 0..=11 => u32::from(short),
            long => {
                let length = usize::from(long - 11);
                if let Some(four) = self.0.first_chunk::<4>() {
                    self.0 = &self.0[length..];
                    u32::from_le_bytes(*four) & u32::MAX >> (32 - 8 * length)
                } else {
                    let mut content = [0; 4];
                    content[..length].copy_from_slice(self.take(length)?);
                    u32::from_le_bytes(content)
                }
            }
        };
        Ok((tag, content))
    }
}

fn unfold(content: u32) -> Value {
    Value::integer((content >> 1).cast_signed() ^ -(content & 1).cast_signed())
}

/// The scalar in a value's form, if it is one that refers to nothing.
fn plain(tag: Tag, content: u32) -> Option<Value> {
    match tag {
        Tag::Integer => Some(unfold(content)),
        Tag::Null if content == 0 => Some(Value::NULL),
        Tag::Bool if content <= 1 => Some(Value::bool(content == 1)),
        Tag::Float => Some(Value::float(f32::from_bits(content))),
        _ => None,
    }
}

fn read_programs(
    input: &mut Input<'_>,
    image: &Image,
    find: &mut dyn FnMut(&Digest) -> Option<Program>,
) -> Result<(Vec<Program>, usize)> {
    let dialect = match input.byte()? {
        0 => Dialect::Stock,
        1 => Dialect::Imp,
        _ => return Err(Damaged),
    };
    if dialect != image.0.dialect {
        return Err(Refusal::other(SnapshotError::Dialect));
    }
    let mut programs = Vec::new();
    for _ in 0..input.count()? {
        let digest = Digest(*input.take(32)?.first_chunk().ok_or(Damaged)?);
        let functions = input.size()?;
        let program = if input.flag()? {
            let (name, source) = (input.bytes()?, input.bytes()?);
            let mut known = Vec::new();
            for _ in 0..input.count()? {
                let name = input.bytes()?;
                known.push((name.into(), read_constant(input)?));
            }
            Program::compile_again(image, source, name, &known).ok()
        } else {
            find(&digest)
        };
        let program = program.filter(|program| program.0.functions.len() == functions && program.digest() == digest);
        programs.push(program.ok_or_else(|| Refusal::other(SnapshotError::Program(digest)))?);
    }
    let shares = input.size()?;
    Ok((programs, shares))
}

fn read_constant(input: &mut Input<'_>) -> Result<Constant> {
    if !input.flag()? {
        return Ok(Constant::Scalar(read_scalar(input)?));
    }
    let mut members: Vec<(Box<[u8]>, Scalar)> = Vec::new();
    for _ in 0..input.count()? {
        let name = input.bytes()?;
        members.push((name.into(), read_scalar(input)?));
    }
    Ok(Constant::Enum(members))
}

fn read_scalar(input: &mut Input<'_>) -> Result<Scalar> {
    let (tag, content) = input.tagged()?;
    if tag == Tag::String {
        return Ok(Scalar::String(input.bytes()?.into()));
    }
    let value = plain(tag, content).ok_or(Damaged)?;
    match (value.as_integer(), value.as_float(), value.as_bool()) {
        (Some(integer), ..) => Ok(Scalar::Integer(integer)),
        (_, Some(float), _) => Ok(Scalar::Float(float)),
        (.., Some(bool)) => Ok(Scalar::Bool(bool)),
        _ => Err(Damaged),
    }
}

/// What the numbers in the rest stand for.
struct Names<'a> {
    known: Arc<Known>,
    /// Of shared strings; empty if all of them are shared here, too.
    contents: Vec<&'a [u8]>,
    /// Own strings, by slot.
    own: Vec<u32>,
    /// Whether what is read is placed or counted otherwise than what was written: the image is another.
    moved: bool,
}

/// What names mean in an image and a program.
#[derive(Clone, Debug)]
struct Known {
    /// Shared strings: their index, or [`NONE`] until [`Reader::strings`] has made those that are not shared here.
    shared: Vec<u32>,
    natives: Vec<u32>,
    objects: Vec<u32>,
    kinds: Vec<u16>,
    moved: bool,
}

/// The names of the last snapshot of a program that was read, as they were written, and what they mean. Those of others are mostly
/// the same: where many machines are read, looking names up would be much of the work.
#[derive(Debug)]
pub(crate) struct LastNames {
    written: Box<[u8]>,
    image: u64,
    known: Arc<Known>,
}

impl<'a> Names<'a> {
    fn find(input: &mut Input<'a>, vm: &mut Vm, program: Option<&Program>) -> Result<Names<'a>> {
        let Some(program) = program else { return read_names(input, vm) };
        let (before, image) = (input.0, vm.image.0.number);
        let last = program.0.last_names.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(last) = last.filter(|last| last.image == image)
            && let Some(rest) = before.strip_prefix(&*last.written)
        {
            // They say themselves where they end.
            input.0 = rest;
            let (known, moved) = (Arc::clone(&last.known), last.known.moved);
            return Ok(Names { known, contents: Vec::new(), own: Vec::new(), moved });
        }
        let mut names = read_names(input, vm)?;
        if !names.known.shared.contains(&NONE) {
            names.contents.clear();
            let written = before[..before.len() - input.0.len()].into();
            let last = LastNames { written, image, known: Arc::clone(&names.known) };
            *program.0.last_names.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(last));
        }
        Ok(names)
    }
}

fn read_names<'a>(input: &mut Input<'a>, vm: &mut Vm) -> Result<Names<'a>> {
    let image = &vm.image.0;
    let mut contents = Vec::new();
    let mut shared = Vec::new();
    let mut moved = false;
    for _ in 0..input.count()? {
        let content = input.bytes()?;
        contents.push(content);
        let found = vm.heap.strings.shared().get(content);
        moved |= found.is_none();
        shared.push(found.map_or(NONE, Value::payload));
    }
    let missing = |owner: &str, name: &[u8]| {
        let name = String::from_utf8_lossy(name);
        let name = if owner.is_empty() { name.into_owned() } else { format!("{owner}.{name}") };
        Refusal::other(SnapshotError::Name(name))
    };
    let mut owners = Vec::new();
    for _ in 0..input.count()? {
        owners.push(input.text()?);
    }
    let mut natives = Vec::new();
    for _ in 0..input.count()? {
        let (owner, name, index) = (input.size()?, input.size()?, input.index()?);
        let owner = *owners.get(owner).ok_or(Damaged)?;
        let name = *contents.get(name).ok_or(Damaged)?;
        let number =
            image.owners.iter().position(|known| **known == *owner).and_then(|owner| u16::try_from(owner).ok());
        let key = image.strings.get(name);
        let native = number.zip(key).and_then(|place| image.native_index.get(&place));
        let native = *native.ok_or_else(|| missing(owner, name))?;
        moved |= native != index;
        natives.push(native);
    }
    let mut objects = Vec::new();
    for _ in 0..input.count()? {
        let name = input.text()?;
        let place =
            image.object_names.iter().rposition(|known| **known == *name).and_then(|place| u32::try_from(place).ok());
        let place = place.ok_or_else(|| missing("", name.as_bytes()))?;
        moved |= place != input.index()?;
        objects.push(place);
    }
    let mut kinds = Vec::new();
    for _ in 0..input.count()? {
        let name = input.text()?;
        let place = image.kinds.iter().position(|known| **known == *name).and_then(|place| u16::try_from(place).ok());
        kinds.push(place.ok_or_else(|| missing("", name.as_bytes()))?);
        input.index()?;
    }
    let known = Arc::new(Known { shared, natives, objects, kinds, moved });
    Ok(Names { known, contents, own: Vec::new(), moved })
}

struct Reader<'a> {
    input: Input<'a>,
    names: Names<'a>,
    vm: Vm,
    /// Bytes counted so far.
    used: usize,
    /// Which slots of each arena are in use, and how many slots there are.
    live: [Vec<u64>; ARENAS.len()],
    slots: [usize; ARENAS.len()],
}

impl Reader<'_> {
    /// Counts bytes, before they are allocated.
    #[inline]
    fn charge(&mut self, bytes: usize) -> Result<()> {
        self.used = self.used.saturating_add(bytes);
        if self.used > self.vm.limits.heap_bytes { Err(TooLarge) } else { Ok(()) }
    }

    fn is_live(&self, tag: Tag, index: u32) -> bool {
        let index = index as usize;
        arena_of(tag)
            .and_then(|arena| self.live[arena].get(index / 64))
            .is_some_and(|word| word & (1 << (index % 64)) != 0)
    }

    /// An index of an object that exists.
    fn object(&mut self, tag: Tag) -> Result<u32> {
        let index = self.input.index()?;
        if self.is_live(tag, index) { Ok(index) } else { Err(Damaged) }
    }

    fn object_or_none(&mut self, tag: Tag) -> Result<u32> {
        let index = self.input.index_or_none()?;
        if index == NONE || self.is_live(tag, index) { Ok(index) } else { Err(Damaged) }
    }

    #[inline]
    fn native(&self, number: u32) -> Result<u32> {
        self.names.known.natives.get(number as usize).copied().ok_or(Damaged)
    }

    #[inline]
    fn resolve(&self, tag: Tag, content: u32) -> Result<Value> {
        let payload = match tag {
            Tag::Integer | Tag::Null | Tag::Bool | Tag::Float => return plain(tag, content).ok_or(Damaged),
            Tag::String => {
                let list = if content & 1 == 0 { &self.names.known.shared } else { &self.names.own };
                list.get(content as usize >> 1).copied().filter(|&index| index != NONE).ok_or(Damaged)?
            }
            Tag::Native => self.native(content)?,
            Tag::Host => self.names.known.objects.get(content as usize).copied().ok_or(Damaged)?,
            _ if self.is_live(tag, content) => content,
            _ => return Err(Damaged),
        };
        Ok(Value::new(tag, payload))
    }

    /// A value that programs may have.
    #[inline]
    fn value(&mut self) -> Result<Value> {
        let (tag, content) = self.input.tagged()?;
        if tag == Tag::Cell {
            return Err(Damaged);
        }
        self.resolve(tag, content)
    }

    /// The content of a register.
    #[inline]
    fn register(&mut self) -> Result<Value> {
        let (tag, content) = self.input.tagged()?;
        self.resolve(tag, content)
    }

    fn values(&mut self, count: usize, capacity: usize) -> Result<Vec<Value>> {
        let mut values = Vec::with_capacity(capacity);
        for _ in 0..count {
            values.push(self.value()?);
        }
        Ok(values)
    }

    // The heap.

    fn heap(&mut self, programs: &[Program]) -> Result<()> {
        for arena in 0..ARENAS.len() {
            self.slots_in_use(arena)?;
        }
        self.strings()?;
        self.link(programs)?;
        let heap = self.arena(Tag::Cell, |reader| Ok(Cell(reader.value()?)))?;
        self.vm.heap.cells = heap;
        self.vm.heap.weakrefs = self.arena(Tag::WeakRef, Reader::weakref)?;
        self.vm.heap.arrays = self.arena(Tag::Array, Reader::array)?;
        self.vm.heap.tables = self.arena(Tag::Table, Reader::table)?;
        self.vm.heap.closures = self.arena(Tag::Closure, Reader::closure)?;
        self.vm.heap.classes = self.arena(Tag::Class, Reader::class)?;
        self.vm.heap.instances = self.arena(Tag::Instance, Reader::instance)?;
        self.vm.heap.generators = self.arena(Tag::Generator, Reader::generator)?;
        self.vm.heap.threads = self.arena(Tag::Thread, Reader::fiber)?;
        let heap = &mut self.vm.heap;
        let (tables, classes) = (&heap.tables, &heap.classes);
        if !ends(tables.slots(), |at| tables[at].delegate) || !ends(classes.slots(), |at| classes[at].base) {
            return Err(Damaged);
        }
        if heap.index_weakrefs() { Ok(()) } else { Err(Damaged) }
    }

    fn slots_in_use(&mut self, arena: usize) -> Result<()> {
        let number = self.input.size()?;
        let slots = number >> 1;
        let slot = match ARENAS[arena] {
            Tag::String => Arena::<Text>::SLOT,
            Tag::Cell => Arena::<Cell>::SLOT,
            Tag::WeakRef => Arena::<WeakRef>::SLOT,
            Tag::Array => Arena::<Array>::SLOT,
            Tag::Table => Arena::<Table>::SLOT,
            Tag::Closure => Arena::<Closure>::SLOT,
            Tag::Class => Arena::<Class>::SLOT,
            Tag::Instance => Arena::<Instance>::SLOT,
            Tag::Generator => Arena::<Generator>::SLOT,
            _ => Arena::<Fiber>::SLOT,
        };
        // Free slots count for nothing; but there were never more of them than fit.
        if slots.saturating_mul(slot) > self.vm.limits.heap_bytes {
            return Err(TooLarge);
        }
        if u32::try_from(slots).is_err() {
            return Err(Damaged);
        }
        let used = if number & 1 == 1 {
            if slots > self.input.0.len() {
                return Err(Damaged);
            }
            let mut used = vec![u64::MAX; slots / 64];
            if slots % 64 != 0 {
                used.push((1 << (slots % 64)) - 1);
            }
            used
        } else {
            let bytes = self.input.take(slots.div_ceil(8))?;
            let word = |chunk: &[u8]| {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                u64::from_le_bytes(word)
            };
            let used: Vec<u64> = bytes.chunks(8).map(word).collect();
            if slots % 64 != 0 && used.last().is_some_and(|last| last >> (slots % 64) != 0) {
                return Err(Damaged);
            }
            used
        };
        self.live[arena] = used;
        self.slots[arena] = slots;
        Ok(())
    }

    /// The objects of a kind, each into its slot.
    fn arena<T: Object>(&mut self, tag: Tag, mut read: impl FnMut(&mut Self) -> Result<T>) -> Result<Arena<T>> {
        let arena = arena_of(tag).ok_or(Damaged)?;
        let mut slots = Vec::with_capacity(self.slots[arena]);
        for index in 0..self.slots[arena] {
            if self.live[arena][index / 64] & (1 << (index % 64)) == 0 {
                slots.push(T::default());
                continue;
            }
            self.charge(size_of::<T>())?;
            slots.push(read(self)?);
        }
        Arena::from_parts(slots, self.live[arena].clone()).ok_or(Damaged)
    }

    fn strings(&mut self) -> Result<()> {
        const STRINGS: usize = 0;
        let mut texts = Vec::with_capacity(self.slots[STRINGS]);
        for index in 0..self.slots[STRINGS] {
            if self.live[STRINGS][index / 64] & (1 << (index % 64)) == 0 {
                texts.push(Text::default());
                continue;
            }
            let (length, capacity) = self.input.length()?;
            self.charge(size_of::<Text>() + capacity)?;
            let bytes = self.input.take(length)?;
            texts.push(self.vm.heap.strings.text_of(bytes, capacity));
        }
        let own = self.vm.heap.strings.restore(texts, std::mem::take(&mut self.live[STRINGS])).ok_or(Damaged)?;
        let first = self.vm.heap.strings.first_own();
        self.names.moved |= own.iter().any(|&index| index != NONE && (index as usize) < first);
        self.names.own = own;
        // Shared strings that are not shared here become the machine's own.
        self.used = self.vm.heap.strings.used_bytes();
        self.counted(|vm, names| {
            if names.contents.is_empty() {
                return Ok(());
            }
            for (shared, content) in Arc::make_mut(&mut names.known).shared.iter_mut().zip(&names.contents) {
                if *shared == NONE {
                    *shared = vm.heap.string(content).map_err(|_| TooLarge)?.payload();
                }
            }
            Ok(())
        })
    }

    /// Runs something that counts what it allocates itself.
    fn counted<T>(&mut self, run: impl FnOnce(&mut Vm, &mut Names<'_>) -> Result<T>) -> Result<T> {
        let limit = self.vm.limits.heap_bytes;
        if self.used > limit {
            return Err(TooLarge);
        }
        self.vm.heap.meter = Meter::restore(self.used, limit, limit);
        let done = run(&mut self.vm, &mut self.names)?;
        self.used = self.vm.heap.meter.used();
        Ok(done)
    }

    fn link(&mut self, programs: &[Program]) -> Result<()> {
        self.counted(|vm, _| {
            for program in programs {
                let (first, functions) = vm.link(program).map_err(|_| TooLarge)?;
                vm.functions.extend(functions);
                vm.programs.push((program.clone(), first));
            }
            Ok(())
        })?;
        for program in programs.iter().filter(|program| program.0.at_run_time) {
            self.charge(program.0.run_time_bytes())?;
        }
        Ok(())
    }

    fn function(&self, index: u32) -> Result<Arc<Proto>> {
        self.vm.functions.get(index as usize).cloned().ok_or(Damaged)
    }

    fn weakref(&mut self) -> Result<WeakRef> {
        // Its place in the index.
        self.charge(8)?;
        let target = self.value()?;
        match target.tag() {
            Tag::Integer | Tag::Bool | Tag::Float | Tag::Native | Tag::Host => Err(Damaged),
            _ => Ok(WeakRef(target)),
        }
    }

    fn array(&mut self) -> Result<Array> {
        let (length, capacity) = self.input.length()?;
        self.charge(capacity.saturating_mul(size_of::<Value>()))?;
        self.values(length, capacity).map(Array)
    }

    fn table(&mut self) -> Result<Table> {
        let size = 1_usize.checked_shl(u32::from(self.input.byte()?)).ok_or(Damaged)?;
        let free = self.input.index()?;
        let delegate = self.object_or_none(Tag::Table)?;
        self.charge(size.saturating_mul(size_of::<Node>()))?;
        let mut nodes: Vec<Node> = Vec::with_capacity(size);
        // Keys whose place depends on their number, which is another here.
        let mut moved = Vec::new();
        while nodes.len() < size {
            let (tag, content) = self.input.tagged()?;
            if tag == Tag::Cell {
                let count = content as usize;
                if count == 0 || count > size - nodes.len() {
                    return Err(Damaged);
                }
                let empty = Node { key: Value::NULL, value: Value::NULL, next: NONE, hash: 0 };
                nodes.extend(std::iter::repeat_n(empty, count));
                continue;
            }
            let key = self.resolve(tag, content)?;
            let value = if key.is_null() { Value::NULL } else { self.value()? };
            let next = self.input.index_or_none()?;
            if key.is_null() && next == NONE {
                return Err(Damaged);
            }
            let hash = if key.is_null() { 0 } else { self.vm.heap.hash(key) };
            if matches!(tag, Tag::Native | Tag::Host) {
                moved.push(nodes.len());
            }
            nodes.push(Node { key, value, next, hash });
        }
        if moved.is_empty() || !self.names.moved {
            return Table::from_parts(nodes, free, delegate).ok_or(Damaged);
        }
        // In another image: the entries are inserted again, in order.
        let mut table = Table::with_capacity(size);
        table.delegate = delegate;
        let mut meter = Meter::new(usize::MAX / 2);
        meter.open();
        for node in nodes.iter().filter(|node| !node.key.is_null()) {
            if table.find(node.key, node.hash, &mut 0).is_none() {
                table.insert(node.key, node.hash, node.value, &mut meter, &mut 0).map_err(|_| Damaged)?;
            }
        }
        self.used = self.used.saturating_sub(size * size_of::<Node>());
        self.charge(table.owned_bytes())?;
        Ok(table)
    }

    fn code(&mut self) -> Result<Code> {
        let number = self.input.number()?;
        let index = u32::try_from(number >> 1).map_err(|_| Damaged)?;
        if number & 1 == 0 {
            self.function(index)?;
            Ok(Code::Script(index))
        } else {
            Ok(Code::Native(self.native(index)?))
        }
    }

    fn closure(&mut self) -> Result<Closure> {
        let code = self.code()?;
        let (captured, defaulted) = match code {
            Code::Script(index) => {
                let proto = self.function(index)?;
                (proto.outers.len(), usize::from(proto.defaults))
            }
            Code::Native(_) => (0, 0),
        };
        let (length, capacity) = self.input.length()?;
        if length != captured {
            return Err(Damaged);
        }
        let mut outers: SmallVec<[u32; 4]> = SmallVec::new();
        if capacity > 4 {
            self.charge(capacity.saturating_mul(4))?;
            outers.reserve_exact(capacity);
        }
        for _ in 0..length {
            let cell = self.object(Tag::Cell)?;
            outers.push(cell);
        }
        if self.input.size()? != defaulted {
            return Err(Damaged);
        }
        self.charge(defaulted * size_of::<Value>())?;
        let defaults = self.values(defaulted, defaulted)?.into();
        let env = self.value()?;
        let base = self.object_or_none(Tag::Class)?;
        Ok(Closure { code, outers, defaults, env, base })
    }

    fn class(&mut self) -> Result<Class> {
        let members = Some(self.table()?).filter(|members| members.delegate == NONE).ok_or(Damaged)?;
        let fields = self.members()?;
        let methods = self.members()?;
        for (_, place) in members.iter() {
            let place = place.as_integer().filter(|&place| place >= 0).ok_or(Damaged)?;
            let list = if place & METHOD == 0 { &fields } else { &methods };
            if (place & !METHOD) as usize >= list.len() {
                return Err(Damaged);
            }
        }
        let metamethods = if self.input.flag()? {
            let mut metamethods = Box::new([Value::NULL; _]);
            self.charge(size_of_val(&*metamethods))?;
            for metamethod in metamethods.iter_mut() {
                *metamethod = self.value()?;
            }
            Some(metamethods)
        } else {
            None
        };
        let base = self.object_or_none(Tag::Class)?;
        let constructor = self.input.index_or_none()?;
        if constructor != NONE && constructor as usize >= methods.len() {
            return Err(Damaged);
        }
        let locked = self.input.flag()?;
        let attributes = if self.input.flag()? { Some(self.value()?) } else { None };
        let native = match self.input.byte()? {
            0 => NativeKind::None,
            1 => NativeKind::Blob,
            2 => NativeKind::Regexp,
            3 => NativeKind::Host(self.kind()?),
            _ => return Err(Damaged),
        };
        Ok(Class { members, fields, methods, metamethods, base, constructor, locked, attributes, native })
    }

    fn members(&mut self) -> Result<Vec<Member>> {
        let (length, capacity) = self.input.length()?;
        self.charge(capacity.saturating_mul(size_of::<Member>()))?;
        let mut members = Vec::with_capacity(capacity);
        for _ in 0..length {
            members.push(Member { value: self.value()?, attributes: self.value()? });
        }
        Ok(members)
    }

    fn kind(&mut self) -> Result<u16> {
        let number = self.input.size()?;
        self.names.known.kinds.get(number).copied().ok_or(Damaged)
    }

    fn instance(&mut self) -> Result<Instance> {
        let class = self.object(Tag::Class)?;
        let (length, capacity) = self.input.length()?;
        let data = &self.vm.heap.classes[class as usize];
        if !data.locked || data.fields.len() != length {
            return Err(Damaged);
        }
        let mut fields = SmallVec::new();
        if capacity > 3 {
            self.charge(capacity.saturating_mul(size_of::<Value>()))?;
            fields.reserve_exact(capacity);
        }
        for _ in 0..length {
            fields.push(self.value()?);
        }
        let payload = match self.input.byte()? {
            0 => None,
            1 => {
                let (length, capacity) = self.input.length()?;
                self.charge(capacity)?;
                let mut bytes = Vec::with_capacity(capacity);
                bytes.extend_from_slice(self.input.take(length)?);
                let position = Some(self.input.size()?).filter(|&position| position <= length).ok_or(Damaged)?;
                Some(Payload::Blob(Blob { bytes, position }))
            }
            2 => {
                let source = self.input.bytes()?;
                // A byte of a pattern takes up to 64 once it is compiled.
                let room = source.len().saturating_mul(64);
                self.charge(room)?;
                let regexp = Regexp::compile(source).map_err(|_| Damaged)?;
                self.used -= room;
                self.charge(regexp.memory_bytes() + source.len())?;
                Some(Payload::Regexp(Arc::new(regexp), source.into()))
            }
            3 => {
                let kind = self.kind()?;
                let bytes = self.input.bytes()?;
                self.charge(bytes.len())?;
                Some(Payload::Host(kind, bytes.into()))
            }
            _ => return Err(Damaged),
        };
        if payload.is_some() {
            self.charge(size_of::<Payload>())?;
        }
        Ok(Instance { class, fields, payload: payload.map(Box::new) })
    }

    fn generator(&mut self) -> Result<Generator> {
        let closure = self.object(Tag::Closure)?;
        let Code::Script(function) = self.vm.heap.closures[closure as usize].code else { return Err(Damaged) };
        let proto = self.function(function)?;
        let pc = self.input.index()?;
        if !proto.generator || pc as usize >= proto.code.len() {
            return Err(Damaged);
        }
        let state = match self.input.byte()? {
            0 => GeneratorState::Suspended,
            1 => GeneratorState::Running,
            2 => GeneratorState::Dead,
            _ => return Err(Damaged),
        };
        let count = self.input.count()?;
        if count != if state == GeneratorState::Dead { 0 } else { usize::from(proto.registers) } {
            return Err(Damaged);
        }
        self.charge(count * size_of::<Value>())?;
        let mut registers = Vec::with_capacity(count);
        for _ in 0..count {
            registers.push(self.register()?);
        }
        Ok(Generator { closure, pc, state, registers: registers.into() })
    }

    // Fibers.

    fn fiber(&mut self) -> Result<Fiber> {
        let status = match self.input.byte()? {
            0 => Status::Idle,
            1 => Status::Running,
            2 => Status::Suspended,
            _ => return Err(Damaged),
        };
        let (handler, function) = (self.value()?, self.value()?);
        let depth = self.input.index()?;
        let (outer, inner) = (self.then()?, self.then()?);
        let length = self.input.size()?;
        self.charge(length.saturating_mul(size_of::<Value>()))?;
        let used = self.input.count()?;
        if used > length {
            return Err(Damaged);
        }
        let mut stack = Vec::with_capacity(length);
        for _ in 0..used {
            stack.push(self.register()?);
        }
        stack.resize(length, Value::NULL);
        let mut frames: Vec<Frame> = Vec::new();
        let count = self.input.count()?;
        // A few calls of the machine's own go without asking for the limit.
        if count > self.vm.limits.depth.saturating_add(16) {
            return Err(TooLarge);
        }
        let mut below = None;
        for _ in 0..count {
            let function = self.value()?;
            let code = self.code()?;
            let up = self.input.index()?;
            let base = match below {
                None if up == 0 => 0,
                Some(below) if up > 0 => u32::checked_add(below, up).ok_or(Damaged)?,
                _ => return Err(Damaged),
            };
            below = Some(base);
            let pc = self.input.index()?;
            let then = self.then()?;
            let root = match self.input.byte()? {
                0 => Root::No,
                1 => Root::Silent,
                2 => Root::Report,
                _ => return Err(Damaged),
            };
            let kept = self.input.byte()?;
            let generator = self.object_or_none(Tag::Generator)?;
            if (base as usize).saturating_add(HEADROOM) > length {
                return Err(Damaged);
            }
            frames.push(Frame { function, code, base, pc, then, root, kept, generator });
        }
        Ok(Fiber { stack, frames, status, handler, function, depth, outer, inner })
    }

    fn then(&mut self) -> Result<Then> {
        let input = &mut self.input;
        Ok(match input.byte()? {
            0 => Then::Store(input.byte()?),
            1 => Then::Drop,
            2 => Then::Native,
            3 => Then::Compare(input.byte()?, relation(input)?),
            4 => Then::Branch(relation(input)?),
            5 => Then::Get(input.byte()?, input.byte()?),
            6 => Then::Set(input.byte()?),
            7 => Then::Nexti,
            8 => Then::Generated,
            9 => Then::Rethrow,
            _ => return Err(Damaged),
        })
    }

    /// Checks the frames of a fiber. `owned` are the generators that have a frame already.
    fn check_fiber(&self, fiber: &Fiber, owned: &mut HashSet<u32>) -> Result<()> {
        let heap = &self.vm.heap;
        let mut depth = 0;
        for (place, frame) in fiber.frames.iter().enumerate() {
            let holds = match frame.code {
                Code::Script(index) => {
                    let proto = self.vm.functions.get(index as usize).ok_or(Damaged)?;
                    let closure = Some(frame.function).filter(|function| function.is(Tag::Closure));
                    let generator = heap.generators.get(frame.generator as usize).filter(|_| frame.generator != NONE);
                    place > 0
                        && closure.is_some_and(|closure| heap.closures[closure.index()].code == frame.code)
                        && (frame.pc as usize) < proto.code.len()
                        && proto.generator == generator.is_some()
                        && generator.is_none_or(|generator| {
                            generator.closure == frame.function.payload()
                                && generator.state == GeneratorState::Running
                                && owned.insert(frame.generator)
                        })
                }
                Code::Native(index) => {
                    let native = self.vm.image.0.natives.get(index as usize).ok_or(Damaged)?;
                    let base = frame.base as usize;
                    let arguments = fiber.stack.get(base..base + usize::from(frame.kept)).ok_or(Damaged)?;
                    // At the bottom is what makes the call, and nothing else.
                    (place > 0 || index == self.vm.image.0.start)
                        && frame.generator == NONE
                        && (frame.pc > 0 || native.check(arguments).is_ok())
                }
            };
            if !holds {
                return Err(Damaged);
            }
            if place > 0 {
                depth += u32::from(frame.root != Root::No) + u32::from(matches!(frame.code, Code::Native(_)));
            }
        }
        if fiber.depth == depth { Ok(()) } else { Err(Damaged) }
    }

    // The machine.

    fn machine(&mut self) -> Result<()> {
        let (used, threshold) = (self.input.size()?, self.input.size()?);
        self.vm.heap.random = self.input.number()?;
        let debt = Some(self.input.number()?).filter(|&debt| debt <= MAX_DEBT).ok_or(Damaged)?;
        self.vm.fuel = -i64::try_from(debt).map_err(|_| Damaged)?;
        self.vm.state = match self.input.byte()? {
            0 => State::Resting,
            1 => State::Running,
            2 => State::Waiting,
            _ => return Err(Damaged),
        };
        let (root, constants) = (self.value()?, self.value()?);
        if !root.is(Tag::Table) || !constants.is(Tag::Table) {
            return Err(Damaged);
        }
        (self.vm.root, self.vm.constants) = (root, constants);
        let count = self.input.count()?;
        self.vm.held = self.values(count, count)?;
        let mut free = HashSet::new();
        for _ in 0..self.input.count()? {
            let index = self.input.index()?;
            if !self.vm.held.get(index as usize).is_some_and(|held| held.is_null()) || !free.insert(index) {
                return Err(Damaged);
            }
            self.vm.free_held.push(index);
        }
        if self.input.flag()? {
            self.vm.retry = Some((self.input.size()?, self.input.index()?, self.input.size()?));
        }
        self.vm.noted = self.failure()?;
        self.vm.failure = self.failure()?;
        let current = self.object_or_none(Tag::Thread)?;
        let fiber = self.fiber()?;
        let mut parked = Vec::new();
        for _ in 0..self.input.count()? {
            let thread = self.object_or_none(Tag::Thread)?;
            parked.push((thread, self.fiber()?));
        }
        self.check_fibers(current, &fiber, &parked)?;
        (self.vm.current, self.vm.fiber, self.vm.parked) = (current, fiber, parked);
        if used != self.used && !self.names.moved {
            return Err(Damaged);
        }
        self.vm.heap.meter = Meter::restore(self.used, threshold, self.vm.limits.heap_bytes);
        Ok(())
    }

    fn check_fibers(&self, current: u32, fiber: &Fiber, parked: &[(u32, Fiber)]) -> Result<()> {
        let heap = &self.vm.heap;
        let mut owned = HashSet::new();
        let mut holds = true;
        for (_, thread) in heap.threads.iter() {
            holds &= match thread.status {
                Status::Idle | Status::Running => thread.frames.is_empty() && thread.stack.is_empty(),
                Status::Suspended => !thread.frames.is_empty(),
            };
            self.check_fiber(thread, &mut owned)?;
        }
        // The main fiber is at the bottom; above it are threads, each once, whose places in the heap are empty.
        let mut threads = HashSet::new();
        let working = parked.iter().map(|(thread, fiber)| (*thread, fiber)).chain([(current, fiber)]);
        for (place, (thread, fiber)) in working.enumerate() {
            holds &= fiber.stack.len() >= HEADROOM;
            holds &= if place == 0 {
                thread == NONE && fiber.status == Status::Idle
            } else {
                let own = heap.threads.get(thread as usize).is_some_and(|own| own.status == Status::Running);
                own && threads.insert(thread) && fiber.status == Status::Running
            };
            holds &= place == parked.len() || !fiber.frames.is_empty();
            self.check_fiber(fiber, &mut owned)?;
        }
        let top = fiber.frames.last().map(|frame| frame.code);
        holds &= match self.vm.state {
            State::Running => top.is_some() != self.vm.failure.is_some() && (top.is_some() || parked.is_empty()),
            State::Waiting => matches!(top, Some(Code::Native(_))),
            State::Resting | State::Ended => top.is_none() && parked.is_empty(),
        };
        if holds { Ok(()) } else { Err(Damaged) }
    }

    fn failure(&mut self) -> Result<Option<Box<Failure>>> {
        if !self.input.flag()? {
            return Ok(None);
        }
        let value = self.value()?;
        let input = &mut self.input;
        let message = input.bytes()?.to_vec();
        let mut stack = Vec::new();
        for _ in 0..input.count()? {
            let (function, source) = (input.bytes()?.to_vec(), input.bytes()?.to_vec());
            let (tag, line) = input.tagged()?;
            let line = plain(tag, line).and_then(Value::as_integer).ok_or(Damaged)?;
            let mut locals = Vec::new();
            for _ in 0..input.count()? {
                let name = input.bytes()?.to_vec();
                let (tag, content) = input.tagged()?;
                let local = match tag {
                    Tag::Null => LocalText::Null,
                    Tag::Bool => LocalText::Bool(content != 0),
                    Tag::Integer => LocalText::Integer(unfold(content).raw_integer()),
                    Tag::Float => LocalText::Float(f32::from_bits(content)),
                    Tag::String => LocalText::String(input.bytes()?.to_vec()),
                    Tag::Cell => LocalText::Object(Tag::from_number(content).ok_or(Damaged)?),
                    _ => return Err(Damaged),
                };
                locals.push((name, local));
            }
            stack.push(StackEntry { function, source, line, locals });
        }
        Ok(Some(Box::new(Failure { value, message, stack })))
    }
}

fn relation(input: &mut Input<'_>) -> Result<Relation> {
    Ok(match input.byte()? {
        0 => Relation::Less,
        1 => Relation::LessOrEqual,
        2 => Relation::Greater,
        3 => Relation::GreaterOrEqual,
        4 => Relation::Number,
        _ => return Err(Damaged),
    })
}

/// Whether every walk from a slot to the next ends.
fn ends(slots: usize, next: impl Fn(usize) -> u32) -> bool {
    // The walk, by the number of its start and one, on which a slot was seen first.
    let mut seen = vec![0_usize; slots];
    for start in 0..slots {
        let mut at = start;
        while let Some(mark) = seen.get_mut(at) {
            if *mark == start + 1 {
                return false;
            }
            if *mark != 0 {
                break;
            }
            *mark = start + 1;
            at = next(at) as usize;
        }
    }
    true
}
