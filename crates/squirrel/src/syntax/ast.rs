//! The syntax tree of a program, with every name already resolved.
//!
//! The parser decides what each identifier is: a local, a captured local of an enclosing function, a constant (which
//! it replaces by its value), or a slot of `this` with the root table behind it. So the code generator never looks at
//! scopes.

use std::rc::Rc;

/// A byte string of the source: an identifier or the content of a string literal.
pub type Bytes = Rc<[u8]>;

/// Where something stands: line and column, both from 1, of the last byte that the lexer had read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in bytes.
    pub column: u32,
}

/// A local variable of a function, by its index in [`Function::locals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalId(pub u32);

/// A captured variable of a function, by its index in [`Function::outers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OuterId(pub u32);

/// A local variable or parameter.
#[derive(Debug)]
pub struct Local {
    /// Its name; internal ones (the iterator of a `foreach`) have names that no program can write.
    pub name: Bytes,
    /// Where it is declared.
    pub position: Position,
    /// Whether an inner function refers to it, so that it must live on the heap.
    pub captured: bool,
    /// Whether anything reads it.
    pub read: bool,
    /// Whether it is a parameter.
    pub parameter: bool,
}

/// Where a function finds a captured variable when its closure is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OuterSource {
    /// A local of the directly enclosing function.
    Local(LocalId),
    /// A captured variable of the directly enclosing function.
    Outer(OuterId),
}

/// A captured variable.
#[derive(Debug)]
pub struct Outer {
    /// Its name.
    pub name: Bytes,
    /// Where the enclosing function has it.
    pub source: OuterSource,
}

/// A function's syntax tree. The whole program is one, too: a vararg function named `main`.
#[derive(Debug)]
pub struct Function {
    /// Its name; `None` for lambdas and function expressions.
    pub name: Option<Bytes>,
    /// Number of parameters without `this` and without `...`; they are the first locals, in order, behind `this` (which is
    /// no entry of `locals`).
    pub parameters: u32,
    /// Values of the last parameters, evaluated by the enclosing function when it makes the closure.
    pub defaults: Vec<Expr>,
    /// Whether `...` ends the parameters; then `vargv` is the local behind the parameters.
    pub vararg: bool,
    /// Whether it contains a `yield`, so that calling it makes a generator.
    pub generator: bool,
    /// All locals, in order of declaration.
    pub locals: Vec<Local>,
    /// All captured variables.
    pub outers: Vec<Outer>,
    /// The statements. A lambda has one `Return`.
    pub body: Vec<Stmt>,
    /// Where `function` or `@` stands.
    pub position: Position,
    /// Line of the closing brace (of the last token of a body without braces).
    pub end_line: u32,
}

/// A statement.
#[derive(Debug)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Position of its first token: the line that errors in it are reported at.
    pub position: Position,
}

/// The kinds of statements.
#[expect(missing_docs, reason = "the names say it")]
#[derive(Debug)]
pub enum StmtKind {
    /// `;`, `const` and `enum`: nothing happens when it runs.
    Empty,
    /// `{ ... }`
    Block(Vec<Stmt>),
    /// `if`, with its chain of `else if`; each branch is a condition and a statement. The position of a condition is that
    /// of its `if`: its errors are reported there.
    If { branches: Vec<(Expr, Stmt)>, otherwise: Option<Box<Stmt>> },
    /// `while (condition) body`
    While { condition: Expr, body: Box<Stmt> },
    /// `do body while (condition)`
    DoWhile { body: Box<Stmt>, condition: Expr },
    /// `for (init; condition; step) body`; `init` is a `Local`, an `Expr`, or missing.
    For { init: Option<Box<Stmt>>, condition: Option<Expr>, step: Option<Expr>, body: Box<Stmt> },
    /// `foreach (key, value in container) body`. `locals` are the key (a nameless one if the program has none), the value and
    /// the iterator, in this order.
    Foreach { key: LocalId, value: LocalId, iterator: LocalId, container: Expr, body: Box<Stmt> },
    /// `switch (subject) { case ...: ... default: ... }`
    Switch { subject: Expr, cases: Vec<(Expr, Vec<Stmt>)>, default: Option<Vec<Stmt>> },
    /// `local a, b = 1`
    Local(Vec<(LocalId, Option<Expr>)>),
    /// `local function f() {}`
    LocalFunction(LocalId, Box<Function>),
    /// `return value`
    Return(Option<Expr>),
    /// `yield value`
    Yield(Option<Expr>),
    /// `break` of the innermost loop or `switch`.
    Break,
    /// `continue` of the innermost loop.
    Continue,
    /// `function a::b() {}`, `class a.b {}`: makes slot `key` in `object`.
    NewSlot { object: Expr, key: Expr, value: Expr },
    /// `try body catch (error) handler`
    Try { body: Box<Stmt>, error: LocalId, handler: Box<Stmt> },
    /// `throw value`
    Throw(Expr),
    /// An expression for its effect.
    Expr(Expr),
}

/// An expression.
#[derive(Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Position of its first token; of an operator, the operator's.
    pub position: Position,
}

/// The kinds of expressions. Targets of assignments are `Local`, `Outer`, `Name`, `Field`, `Index` or `This`.
#[expect(missing_docs, reason = "the names say it")]
#[derive(Debug)]
pub enum ExprKind {
    Null,
    Bool(bool),
    Integer(i32),
    Float(f32),
    String(Bytes),
    /// `this`
    This,
    /// The root table, of which `::name` is a `Field`.
    Root,
    /// `base`
    Base,
    /// A local variable of this function.
    Local(LocalId),
    /// A captured variable.
    Outer(OuterId),
    /// A slot of `this`, or else of the root table.
    Name(Bytes),
    /// `object.name`
    Field {
        object: Box<Expr>,
        name: Bytes,
    },
    /// `object[key]`
    Index {
        object: Box<Expr>,
        key: Box<Expr>,
    },
    /// `callee(arguments)`; a callee that is a `Field` or `Index` passes its object as `this`, unless that is `base`. A
    /// callee in parentheses passes none: it is a `Comma` of one part.
    Call {
        callee: Box<Expr>,
        arguments: Vec<Expr>,
    },
    Unary {
        operator: UnaryOperator,
        operand: Box<Expr>,
    },
    Binary {
        operator: BinaryOperator,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `left && right`
    And {
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `left || right`
    Or {
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `condition ? then : otherwise`
    Conditional {
        condition: Box<Expr>,
        then: Box<Expr>,
        otherwise: Box<Expr>,
    },
    /// `target = value`
    Assign {
        target: Box<Expr>,
        value: Box<Expr>,
    },
    /// `target <- value`; the target is a `Name`, `Field` or `Index`.
    NewSlot {
        target: Box<Expr>,
        value: Box<Expr>,
    },
    /// `target += value` and its kin.
    Compound {
        operator: BinaryOperator,
        target: Box<Expr>,
        value: Box<Expr>,
    },
    /// `++target`, `--target`, `target++`, `target--`
    Increment {
        target: Box<Expr>,
        delta: i32,
        prefix: bool,
    },
    /// `delete object.key`, `delete object[key]`; of a plain name the object is `this`.
    Delete {
        object: Box<Expr>,
        key: Box<Expr>,
    },
    /// `[a, b]`
    Array(Vec<Expr>),
    /// `{ key = value, ... }`, keys and values in order.
    Table(Vec<(Expr, Expr)>),
    Function(Box<Function>),
    Class(Box<Class>),
    /// `a, b`: all are evaluated, the last is the value. An assignment in parentheses is one, too, of one part.
    Comma(Vec<Expr>),
}

impl ExprKind {
    /// Appends the expressions that it consists of, without those in the bodies of functions.
    pub(crate) fn push_parts<'t>(&'t self, parts: &mut Vec<&'t Expr>) {
        match self {
            Self::Null
            | Self::Bool(_)
            | Self::Integer(_)
            | Self::Float(_)
            | Self::String(_)
            | Self::This
            | Self::Root
            | Self::Base
            | Self::Local(_)
            | Self::Outer(_)
            | Self::Name(_) => {}
            Self::Field { object: part, .. }
            | Self::Unary { operand: part, .. }
            | Self::Increment { target: part, .. } => parts.push(part),
            Self::Index { object: left, key: right }
            | Self::Delete { object: left, key: right }
            | Self::Binary { left, right, .. }
            | Self::And { left, right }
            | Self::Or { left, right }
            | Self::Assign { target: left, value: right }
            | Self::NewSlot { target: left, value: right }
            | Self::Compound { target: left, value: right, .. } => parts.extend([&**left, &**right]),
            Self::Conditional { condition, then, otherwise } => parts.extend([&**condition, &**then, &**otherwise]),
            Self::Call { callee, arguments } => {
                parts.push(callee);
                parts.extend(arguments);
            }
            Self::Array(items) | Self::Comma(items) => parts.extend(items),
            Self::Table(slots) => parts.extend(slots.iter().flat_map(|(key, value)| [key, value])),
            Self::Function(function) => parts.extend(&function.defaults),
            Self::Class(class) => {
                parts.extend(class.base.iter().chain(&class.attributes));
                for member in &class.members {
                    parts.extend(member.attributes.iter().chain([&member.key, &member.value]));
                }
            }
        }
    }
}

/// Prefix operators.
#[expect(missing_docs, reason = "the names say it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    Negate,
    Not,
    BitNot,
    TypeOf,
    Clone,
    Resume,
}

/// Operators with two operands that are both always evaluated.
#[expect(missing_docs, reason = "the names say it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
    ShiftRightUnsigned,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `<=>`
    Compare,
    In,
    InstanceOf,
}

/// A class literal.
#[derive(Debug)]
pub struct Class {
    /// The class after `extends`.
    pub base: Option<Expr>,
    /// Attributes of the class itself: a `Table`.
    pub attributes: Option<Expr>,
    /// The members, in order.
    pub members: Vec<Member>,
}

/// A member of a class.
#[derive(Debug)]
pub struct Member {
    /// Its name or `[key]`.
    pub key: Expr,
    /// Its value, or method.
    pub value: Expr,
    /// Whether `static` stands before it.
    pub is_static: bool,
    /// Attributes: a `Table`.
    pub attributes: Option<Expr>,
    /// Position of its first token.
    pub position: Position,
}
