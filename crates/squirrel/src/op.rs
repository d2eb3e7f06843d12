//! The instructions of the virtual machine: eight bytes each, on registers.
//!
//! A frame has up to 250 registers: `this`, the parameters, then locals and temporaries. `k` is an index into the
//! constants of the function. Jumps are relative to the next instruction; those that go back are of their own kind,
//! since they are where fuel is counted.

/// A register of a frame.
pub(crate) type Reg = u8;

/// No register: an operand that is left out.
pub(crate) const NO_REG: Reg = 255;

/// The highest number of registers of a frame.
pub(crate) const MAX_REGISTERS: usize = 250;

/// An instruction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Op {
    /// Nulls `count` registers from `dst`.
    Null {
        dst: Reg,
        count: u8,
    },
    Bool {
        dst: Reg,
        value: bool,
    },
    Integer {
        dst: Reg,
        value: i32,
    },
    Float {
        dst: Reg,
        value: f32,
    },
    Constant {
        dst: Reg,
        k: u32,
    },
    Root {
        dst: Reg,
    },
    /// The superclass of the class that the function belongs to.
    Base {
        dst: Reg,
    },
    Move {
        dst: Reg,
        src: Reg,
    },

    /// Puts the register's value into a new cell, and the cell into the register.
    NewCell {
        reg: Reg,
    },
    GetCell {
        dst: Reg,
        cell: Reg,
    },
    SetCell {
        cell: Reg,
        src: Reg,
    },
    GetOuter {
        dst: Reg,
        outer: u16,
    },
    SetOuter {
        outer: u16,
        src: Reg,
    },

    /// A slot of `this`, or of the root table.
    GetName {
        dst: Reg,
        k: u16,
    },
    SetName {
        src: Reg,
        k: u16,
    },
    GetField {
        dst: Reg,
        object: Reg,
        k: u16,
    },
    SetField {
        object: Reg,
        src: Reg,
        k: u16,
    },
    GetIndex {
        dst: Reg,
        object: Reg,
        key: Reg,
    },
    SetIndex {
        object: Reg,
        key: Reg,
        src: Reg,
    },
    /// `object.key <- src`; the value is `dst` unless that is [`NO_REG`].
    NewSlot {
        object: Reg,
        key: Reg,
        src: Reg,
    },
    Delete {
        dst: Reg,
        object: Reg,
        key: Reg,
    },

    /// Puts a method into `dst` and its object into the register behind it.
    Method {
        dst: Reg,
        object: Reg,
        k: u16,
    },
    MethodIndex {
        dst: Reg,
        object: Reg,
        key: Reg,
    },
    /// Puts the function of this name into `dst` and `this` into the register behind it.
    Callee {
        dst: Reg,
        k: u16,
    },
    /// Calls the function in `callee`; behind it stand `count` arguments, the first of them `this`.
    Call {
        dst: Reg,
        callee: Reg,
        count: u8,
    },
    TailCall {
        callee: Reg,
        count: u8,
    },
    Return {
        src: Reg,
    },
    ReturnNull,
    Yield {
        src: Reg,
    },
    Resume {
        dst: Reg,
        src: Reg,
    },
    Throw {
        src: Reg,
    },

    Jump {
        by: i32,
    },
    JumpBack {
        by: i32,
    },
    JumpIf {
        src: Reg,
        by: i32,
    },
    JumpUnless {
        src: Reg,
        by: i32,
    },
    /// These jump if the comparison does not hold.
    UnlessEqual {
        a: Reg,
        b: Reg,
        by: i32,
    },
    UnlessNotEqual {
        a: Reg,
        b: Reg,
        by: i32,
    },
    UnlessLess {
        a: Reg,
        b: Reg,
        by: i32,
    },
    UnlessLessOrEqual {
        a: Reg,
        b: Reg,
        by: i32,
    },
    UnlessGreater {
        a: Reg,
        b: Reg,
        by: i32,
    },
    UnlessGreaterOrEqual {
        a: Reg,
        b: Reg,
        by: i32,
    },
    /// The same with a small integer on the right.
    UnlessEqualTo {
        a: Reg,
        value: i16,
        by: i32,
    },
    UnlessNotEqualTo {
        a: Reg,
        value: i16,
        by: i32,
    },
    UnlessLessThan {
        a: Reg,
        value: i16,
        by: i32,
    },
    UnlessAtMost {
        a: Reg,
        value: i16,
        by: i32,
    },
    UnlessGreaterThan {
        a: Reg,
        value: i16,
        by: i32,
    },
    UnlessAtLeast {
        a: Reg,
        value: i16,
        by: i32,
    },

    Add {
        dst: Reg,
        a: Reg,
        b: Reg,
    },
    Subtract {
        dst: Reg,
        a: Reg,
        b: Reg,
    },
    Multiply {
        dst: Reg,
        a: Reg,
        b: Reg,
    },
    Divide {
        dst: Reg,
        a: Reg,
        b: Reg,
    },
    Modulo {
        dst: Reg,
        a: Reg,
        b: Reg,
    },
    AddInteger {
        dst: Reg,
        a: Reg,
        value: i32,
    },
    SubtractInteger {
        dst: Reg,
        a: Reg,
        value: i32,
    },
    MultiplyInteger {
        dst: Reg,
        a: Reg,
        value: i32,
    },
    DivideInteger {
        dst: Reg,
        a: Reg,
        value: i32,
    },
    ModuloInteger {
        dst: Reg,
        a: Reg,
        value: i32,
    },
    BitAnd {
        dst: Reg,
        a: Reg,
        b: Reg,
    },
    BitOr {
        dst: Reg,
        a: Reg,
        b: Reg,
    },
    BitXor {
        dst: Reg,
        a: Reg,
        b: Reg,
    },
    ShiftLeft {
        dst: Reg,
        a: Reg,
        b: Reg,
    },
    ShiftRight {
        dst: Reg,
        a: Reg,
        b: Reg,
    },
    ShiftRightUnsigned {
        dst: Reg,
        a: Reg,
        b: Reg,
    },
    BitAndInteger {
        dst: Reg,
        a: Reg,
        value: i32,
    },
    ShiftLeftInteger {
        dst: Reg,
        a: Reg,
        value: i32,
    },
    ShiftRightInteger {
        dst: Reg,
        a: Reg,
        value: i32,
    },
    Equal {
        dst: Reg,
        a: Reg,
        b: Reg,
    },
    NotEqual {
        dst: Reg,
        a: Reg,
        b: Reg,
    },
    Less {
        dst: Reg,
        a: Reg,
        b: Reg,
    },
    LessOrEqual {
        dst: Reg,
        a: Reg,
        b: Reg,
    },
    Greater {
        dst: Reg,
        a: Reg,
        b: Reg,
    },
    GreaterOrEqual {
        dst: Reg,
        a: Reg,
        b: Reg,
    },
    Compare {
        dst: Reg,
        a: Reg,
        b: Reg,
    },
    In {
        dst: Reg,
        key: Reg,
        object: Reg,
    },
    InstanceOf {
        dst: Reg,
        a: Reg,
        class: Reg,
    },

    Negate {
        dst: Reg,
        src: Reg,
    },
    Not {
        dst: Reg,
        src: Reg,
    },
    BitNot {
        dst: Reg,
        src: Reg,
    },
    TypeOf {
        dst: Reg,
        src: Reg,
    },
    Clone {
        dst: Reg,
        src: Reg,
    },

    NewTable {
        dst: Reg,
        capacity: u16,
    },
    NewArray {
        dst: Reg,
        capacity: u16,
    },
    Append {
        array: Reg,
        src: Reg,
    },
    /// A closure of the function's `function`th inner function; its default parameters stand from `defaults` on.
    Closure {
        dst: Reg,
        function: u16,
        defaults: Reg,
    },
    /// `base` and `attributes` may be [`NO_REG`].
    Class {
        dst: Reg,
        base: Reg,
        attributes: Reg,
    },
    /// The value stands behind the key; `attributes` may be [`NO_REG`].
    Member {
        class: Reg,
        key: Reg,
        attributes: Reg,
        is_static: bool,
    },

    /// Sets the key and the value behind it to the next of the container, or jumps. `iterator` is null before the first.
    Foreach {
        container: Reg,
        iterator: Reg,
        key: Reg,
        by: i32,
    },
}

impl Op {
    /// Sets where a jump goes; anything else is left alone.
    pub(crate) fn set_jump(&mut self, target: i32) {
        match self {
            Op::Jump { by }
            | Op::JumpBack { by }
            | Op::JumpIf { by, .. }
            | Op::JumpUnless { by, .. }
            | Op::UnlessEqual { by, .. }
            | Op::UnlessNotEqual { by, .. }
            | Op::UnlessLess { by, .. }
            | Op::UnlessLessOrEqual { by, .. }
            | Op::UnlessGreater { by, .. }
            | Op::UnlessGreaterOrEqual { by, .. }
            | Op::UnlessEqualTo { by, .. }
            | Op::UnlessNotEqualTo { by, .. }
            | Op::UnlessLessThan { by, .. }
            | Op::UnlessAtMost { by, .. }
            | Op::UnlessGreaterThan { by, .. }
            | Op::UnlessAtLeast { by, .. }
            | Op::Foreach { by, .. } => *by = target,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn instructions_are_small() {
        assert_eq!(size_of::<super::Op>(), 8);
    }
}
