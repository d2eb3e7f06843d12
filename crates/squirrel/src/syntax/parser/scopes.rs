//! What a name means at a point of the program.

use std::rc::Rc;

use hashbrown::HashMap;

use super::super::ast::{Bytes, ExprKind, Local, LocalId, Outer, OuterId, OuterSource, Position};
use super::super::symbols::{Symbol, Symbols};
use super::super::{Constant, Scalar};

/// What a name means.
pub(super) enum Meaning {
    Local(LocalId),
    Outer(OuterId),
    Constant(Literal),
    Enum(Rc<Members>),
    /// A slot of `this` or of the root table.
    Slot,
}

/// The value of a constant, ready to stand in the tree.
#[derive(Clone)]
pub(super) enum Literal {
    Integer(i32),
    Float(f32),
    Bool(bool),
    String(Bytes),
}

/// The members of an enum.
pub(super) type Members = HashMap<Bytes, Literal>;

/// The variables and constants that can be seen.
pub(super) struct Scopes<'k> {
    known: &'k dyn Fn(&[u8]) -> Option<Constant>,
    /// The constants declared so far.
    pub(super) declared: Vec<(Box<[u8]>, Constant)>,
    constants: Vec<Entry>,
    /// For each symbol, 1 + the index in `bound` of the variable that it names, or 0.
    innermost: Vec<u32>,
    /// The variables in scope, in order of declaration.
    bound: Vec<Bound>,
    /// The functions that the point is in, innermost last.
    functions: Vec<FunctionScope>,
}

/// A variable in scope.
struct Bound {
    symbol: Symbol,
    /// Index of its function in [`Scopes::functions`].
    function: usize,
    local: LocalId,
    /// What `innermost` had for its symbol before.
    shadowed: u32,
}

#[derive(Default)]
struct FunctionScope {
    locals: Vec<Local>,
    outers: Vec<Outer>,
    outer_ids: HashMap<Symbol, OuterId>,
}

/// What the constant table has under a symbol.
#[derive(Clone, Default)]
enum Entry {
    /// Nobody has looked yet.
    #[default]
    Unknown,
    Absent,
    Scalar(Literal),
    Enum(Rc<Members>),
}

impl<'k> Scopes<'k> {
    pub(super) fn new(known: &'k dyn Fn(&[u8]) -> Option<Constant>) -> Self {
        Self {
            known,
            declared: Vec::new(),
            constants: Vec::new(),
            innermost: Vec::new(),
            bound: Vec::new(),
            functions: Vec::new(),
        }
    }

    pub(super) fn enter_function(&mut self) {
        self.functions.push(FunctionScope::default());
    }

    /// Leaves the innermost function, all of whose scopes are left already.
    pub(super) fn leave_function(&mut self) -> (Vec<Local>, Vec<Outer>) {
        let function = self.functions.pop().expect("a function was entered");
        (function.locals, function.outers)
    }

    /// Returns a mark to leave the scope with that begins here.
    pub(super) fn enter(&self) -> usize {
        self.bound.len()
    }

    /// Forgets the variables declared since [`Scopes::enter`] returned the mark.
    pub(super) fn leave(&mut self, mark: usize) {
        for bound in self.bound.drain(mark..).rev() {
            self.innermost[bound.symbol.0 as usize] = bound.shadowed;
        }
    }

    /// Adds a local that no name stands for yet.
    pub(super) fn add_local(&mut self, name: Bytes, position: Position, parameter: bool) -> LocalId {
        let locals = &mut self.functions.last_mut().expect("the program is a function").locals;
        let id = LocalId(u32::try_from(locals.len()).expect("a source has fewer than 2^32 locals"));
        locals.push(Local { name, position, captured: false, read: false, parameter });
        id
    }

    /// Makes `symbol` name a local of the innermost function until the scope is left.
    pub(super) fn bind(&mut self, symbol: Symbol, local: LocalId) {
        let index = symbol.0 as usize;
        if index >= self.innermost.len() {
            self.innermost.resize(index + 1, 0);
        }
        let shadowed = self.innermost[index];
        self.bound.push(Bound { symbol, function: self.functions.len() - 1, local, shadowed });
        self.innermost[index] = u32::try_from(self.bound.len()).expect("a source has fewer than 2^32 locals");
    }

    /// Returns what `symbol` means; a local is marked as read if `read` is set.
    pub(super) fn resolve(&mut self, symbol: Symbol, read: bool, symbols: &mut Symbols<'_>) -> Meaning {
        let Some(index) = self.innermost.get(symbol.0 as usize).and_then(|index| index.checked_sub(1)) else {
            return self.constant(symbol, symbols);
        };
        let Bound { function, local, .. } = self.bound[index as usize];
        let innermost = self.functions.len() - 1;
        let found = &mut self.functions[function].locals[local.0 as usize];
        found.read |= read;
        if function == innermost {
            return Meaning::Local(local);
        }
        found.captured = true;
        let name = found.name.clone();
        if let Some(id) = self.functions[innermost].outer_ids.get(&symbol) {
            return Meaning::Outer(*id);
        }
        let mut source = OuterSource::Local(local);
        let mut id = OuterId(0);
        for inner in &mut self.functions[function + 1..] {
            let outers = &mut inner.outers;
            id = *inner.outer_ids.entry(symbol).or_insert_with(|| {
                outers.push(Outer { name: name.clone(), source });
                OuterId(u32::try_from(outers.len() - 1).expect("a function captures fewer than 2^32 variables"))
            });
            source = OuterSource::Outer(id);
        }
        Meaning::Outer(id)
    }

    /// Looks a name up that is no variable.
    fn constant(&mut self, symbol: Symbol, symbols: &mut Symbols<'_>) -> Meaning {
        let index = symbol.0 as usize;
        if index >= self.constants.len() {
            self.constants.resize(symbols.len().max(index + 1), Entry::Unknown);
        }
        let entry = &mut self.constants[index];
        if matches!(entry, Entry::Unknown) {
            *entry = (self.known)(&symbols.bytes(symbol)).map_or(Entry::Absent, |constant| Entry::new(&constant));
        }
        match entry {
            Entry::Unknown | Entry::Absent => Meaning::Slot,
            Entry::Scalar(literal) => Meaning::Constant(literal.clone()),
            Entry::Enum(members) => Meaning::Enum(members.clone()),
        }
    }

    /// Declares a constant or enum.
    pub(super) fn declare_constant(&mut self, symbol: Symbol, name: &[u8], constant: Constant) {
        let index = symbol.0 as usize;
        if index >= self.constants.len() {
            self.constants.resize(index + 1, Entry::Unknown);
        }
        self.constants[index] = Entry::new(&constant);
        self.declared.push((name.into(), constant));
    }
}

impl Entry {
    fn new(constant: &Constant) -> Self {
        match constant {
            Constant::Scalar(scalar) => Self::Scalar(scalar.into()),
            Constant::Enum(members) => Self::Enum(Rc::new(
                members.iter().map(|(name, value)| (Bytes::from(&name[..]), value.into())).collect(),
            )),
        }
    }
}

impl From<&Scalar> for Literal {
    fn from(scalar: &Scalar) -> Self {
        match scalar {
            Scalar::Integer(value) => Self::Integer(*value),
            Scalar::Float(value) => Self::Float(*value),
            Scalar::Bool(value) => Self::Bool(*value),
            Scalar::String(text) => Self::String(Bytes::from(&text[..])),
        }
    }
}

impl From<Literal> for ExprKind {
    fn from(literal: Literal) -> Self {
        match literal {
            Literal::Integer(value) => Self::Integer(value),
            Literal::Float(value) => Self::Float(value),
            Literal::Bool(value) => Self::Bool(value),
            Literal::String(text) => Self::String(text),
        }
    }
}
