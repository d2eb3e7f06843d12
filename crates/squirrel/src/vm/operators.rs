//! Instructions that need the whole machine: every one that the loop leaves to it.

use super::Vm;
use super::fiber::{Relation, Root, Then};
use crate::fault::Fault;
use crate::heap::object::{Code, Metamethod};
use crate::image::Dialect;
use crate::native::Host;
use crate::op::{Op, Reg};
use crate::ops::{self, Ordered};
use crate::value::{Tag, Value};

#[derive(Clone, Copy)]
enum Shift {
    Left,
    Right,
    RightUnsigned,
}

impl Vm {
    /// Runs an instruction in general.
    pub(super) fn operate(&mut self, op: Op, _host: &mut dyn Host) -> Result<(), Fault> {
        self.fuel -= 2;
        match op {
            Op::GetName { dst, k } => {
                let key = self.constant(k)?;
                self.get(self.register(0), key, dst, true, 0)
            }
            Op::GetField { dst, object, k } => {
                let key = self.constant(k)?;
                self.get(self.register(object), key, dst, object == 0, 0)
            }
            Op::GetIndex { dst, object, key } => {
                self.get(self.register(object), self.register(key), dst, object == 0, 0)
            }
            Op::Method { dst, object, k } => {
                let key = self.constant(k)?;
                self.get_method(self.register(object), key, dst, object == 0)
            }
            Op::MethodIndex { dst, object, key } => {
                self.get_method(self.register(object), self.register(key), dst, object == 0)
            }
            Op::Callee { dst, k } => {
                let key = self.constant(k)?;
                self.get_method(self.register(0), key, dst, true)
            }
            Op::SetName { src, k } => {
                let key = self.constant(k)?;
                self.set(self.register(0), key, self.register(src), true, 0)
            }
            Op::SetField { object, src, k } => {
                let key = self.constant(k)?;
                self.set(self.register(object), key, self.register(src), object == 0, 0)
            }
            Op::SetIndex { object, key, src } => {
                self.set(self.register(object), self.register(key), self.register(src), object == 0, 0)
            }
            Op::NewSlot { object, key, src } => {
                self.new_slot(self.register(object), self.register(key), self.register(src), false)
            }
            Op::Delete { dst, object, key } => self.delete(dst, self.register(object), self.register(key)),
            Op::Call { dst, callee, count } => {
                let base = self.base() + usize::from(callee) + 1;
                let step = self.call(self.register(callee), base, usize::from(count), Then::Store(dst), Root::No)?;
                debug_assert!(step.is_none());
                Ok(())
            }
            Op::TailCall { callee, count } => self.tail_call(callee, count).map(|_| ()),
            Op::Yield { src } => self.yield_value(self.register(src)),
            Op::Resume { dst, src } => self.resume(self.register(src), Then::Store(dst)),
            Op::Throw { src } => Err(Fault::Throw(self.register(src))),

            Op::UnlessLess { a, b, by } => self.branch(a, self.register(b), Relation::Less, by),
            Op::UnlessLessOrEqual { a, b, by } => self.branch(a, self.register(b), Relation::LessOrEqual, by),
            Op::UnlessGreater { a, b, by } => self.branch(a, self.register(b), Relation::Greater, by),
            Op::UnlessGreaterOrEqual { a, b, by } => self.branch(a, self.register(b), Relation::GreaterOrEqual, by),
            Op::UnlessLessThan { a, value, by } => self.branch(a, Value::integer(value.into()), Relation::Less, by),
            Op::UnlessAtMost { a, value, by } => {
                self.branch(a, Value::integer(value.into()), Relation::LessOrEqual, by)
            }
            Op::UnlessGreaterThan { a, value, by } => {
                self.branch(a, Value::integer(value.into()), Relation::Greater, by)
            }
            Op::UnlessAtLeast { a, value, by } => {
                self.branch(a, Value::integer(value.into()), Relation::GreaterOrEqual, by)
            }
            Op::Less { dst, a, b } => self.compare(dst, a, b, Relation::Less),
            Op::LessOrEqual { dst, a, b } => self.compare(dst, a, b, Relation::LessOrEqual),
            Op::Greater { dst, a, b } => self.compare(dst, a, b, Relation::Greater),
            Op::GreaterOrEqual { dst, a, b } => self.compare(dst, a, b, Relation::GreaterOrEqual),
            Op::Compare { dst, a, b } => self.compare(dst, a, b, Relation::Number),

            Op::Add { dst, a, b } => self.arithmetic('+', dst, self.register(a), self.register(b)),
            Op::Subtract { dst, a, b } => self.arithmetic('-', dst, self.register(a), self.register(b)),
            Op::Multiply { dst, a, b } => self.arithmetic('*', dst, self.register(a), self.register(b)),
            Op::Divide { dst, a, b } => self.arithmetic('/', dst, self.register(a), self.register(b)),
            Op::Modulo { dst, a, b } => self.arithmetic('%', dst, self.register(a), self.register(b)),
            Op::AddInteger { dst, a, value } => self.arithmetic('+', dst, self.register(a), Value::integer(value)),
            Op::SubtractInteger { dst, a, value } => self.arithmetic('-', dst, self.register(a), Value::integer(value)),
            Op::MultiplyInteger { dst, a, value } => self.arithmetic('*', dst, self.register(a), Value::integer(value)),
            Op::DivideInteger { dst, a, value } => self.arithmetic('/', dst, self.register(a), Value::integer(value)),
            Op::ModuloInteger { dst, a, value } => self.arithmetic('%', dst, self.register(a), Value::integer(value)),
            Op::BitAnd { dst, a, b } => self.bitwise(dst, self.register(a), self.register(b), |a, b| a & b),
            Op::BitOr { dst, a, b } => self.bitwise(dst, self.register(a), self.register(b), |a, b| a | b),
            Op::BitXor { dst, a, b } => self.bitwise(dst, self.register(a), self.register(b), |a, b| a ^ b),
            Op::ShiftLeft { dst, a, b } => self.shift(dst, self.register(a), self.register(b), Shift::Left),
            Op::ShiftRight { dst, a, b } => self.shift(dst, self.register(a), self.register(b), Shift::Right),
            Op::ShiftRightUnsigned { dst, a, b } => {
                self.shift(dst, self.register(a), self.register(b), Shift::RightUnsigned)
            }
            Op::BitAndInteger { dst, a, value } => {
                self.bitwise(dst, self.register(a), Value::integer(value), |a, b| a & b)
            }
            Op::ShiftLeftInteger { dst, a, value } => {
                self.shift(dst, self.register(a), Value::integer(value), Shift::Left)
            }
            Op::ShiftRightInteger { dst, a, value } => {
                self.shift(dst, self.register(a), Value::integer(value), Shift::Right)
            }
            Op::Negate { dst, src } => {
                let value = self.register(src);
                match self.heap.metamethod(value, Metamethod::Unm, &self.image.0.metamethods) {
                    Some(metamethod) => self.invoke(metamethod, &[value], Then::Store(dst), Root::Silent),
                    None => Err(Fault::error(format!("attempt to negate a {}", value.tag().name()))),
                }
            }
            Op::BitNot { dst, src } => {
                let value = self.register(src);
                let Some(integer) = value.as_integer() else {
                    return Err(Fault::error(format!("attempt to perform a bitwise op on a {}", value.tag().name())));
                };
                self.set_register(dst, Value::integer(!integer));
                Ok(())
            }
            Op::In { dst, key, object } => {
                let has = self.has_own(self.register(object), self.register(key));
                self.set_register(dst, Value::bool(has));
                Ok(())
            }
            Op::InstanceOf { dst, a, class } => self.instance_of(dst, self.register(a), self.register(class)),
            Op::TypeOf { dst, src } => {
                let value = self.register(src);
                if let Some(metamethod) = self.heap.metamethod(value, Metamethod::Typeof, &self.image.0.metamethods) {
                    return self.invoke(metamethod, &[value], Then::Store(dst), Root::Silent);
                }
                let name = self.heap.string(value.tag().name().as_bytes())?;
                self.set_register(dst, name);
                Ok(())
            }
            Op::Clone { dst, src } => self.clone_value(dst, self.register(src)),
            Op::Class { dst, base, attributes } => self.make_class(dst, base, attributes),
            Op::Member { class, key, attributes, is_static } => {
                let (key, value) = (self.register(key), self.register(key.wrapping_add(1)));
                let attributes = if attributes == crate::op::NO_REG { Value::NULL } else { self.register(attributes) };
                self.add_member(self.register(class), key, value, attributes, is_static, false)
            }
            Op::Foreach { container, iterator, key, by } => self.foreach(container, iterator, key, by),
            _ => Err(Fault::Corrupt),
        }
    }

    fn constant(&self, k: u16) -> Result<Value, Fault> {
        match self.fiber.frames.last().map(|frame| frame.code) {
            Some(Code::Script(function)) => self
                .functions
                .get(function as usize)
                .and_then(|proto| proto.constants.get(usize::from(k)))
                .map(|constant| constant.value)
                .ok_or(Fault::Corrupt),
            _ => Err(Fault::Corrupt),
        }
    }

    fn branch(&mut self, a: Reg, b: Value, relation: Relation, by: i32) -> Result<(), Fault> {
        let a = self.register(a);
        match ops::compare(&self.heap, &self.image.0, a, b)? {
            Ordered::Known(order) => {
                if !relation.holds(order) {
                    self.jump(by);
                }
                Ok(())
            }
            Ordered::Ask(metamethod) => self.invoke(metamethod, &[a, b], Then::Branch(relation), Root::Silent),
        }
    }

    fn compare(&mut self, dst: Reg, a: Reg, b: Reg, relation: Relation) -> Result<(), Fault> {
        let (a, b) = (self.register(a), self.register(b));
        match ops::compare(&self.heap, &self.image.0, a, b)? {
            Ordered::Known(order) => {
                self.set_register(dst, relation.value(order));
                Ok(())
            }
            Ordered::Ask(metamethod) => self.invoke(metamethod, &[a, b], Then::Compare(dst, relation), Root::Silent),
        }
    }

    fn arithmetic(&mut self, operator: char, dst: Reg, a: Value, b: Value) -> Result<(), Fault> {
        if let (Some(x), Some(y)) = (a.as_integer(), b.as_integer()) {
            let value = match operator {
                '+' => x.wrapping_add(y),
                '-' => x.wrapping_sub(y),
                '*' => x.wrapping_mul(y),
                '/' if y == 0 => return Err("division by zero".into()),
                '/' => x.wrapping_div(y),
                _ if y == 0 => return Err("modulo by zero".into()),
                _ => x.wrapping_rem(y),
            };
            self.set_register(dst, Value::integer(value));
            return Ok(());
        }
        if let (Some(x), Some(y)) = (a.as_number(), b.as_number()) {
            let value = match operator {
                '+' => x + y,
                '-' => x - y,
                '*' => x * y,
                '/' => x / y,
                // As C's fmod of two doubles that were floats.
                #[expect(clippy::cast_possible_truncation, reason = "the remainder of two floats is a float")]
                _ => (f64::from(x) % f64::from(y)) as f32,
            };
            self.set_register(dst, Value::float(value));
            return Ok(());
        }
        if operator == '+' && (a.is(Tag::String) || b.is(Tag::String)) {
            // One of them may have a `_tostring`.
            let native = Value::new(Tag::Native, self.image.0.concatenate);
            return self.invoke(native, &[a, b], Then::Store(dst), Root::No);
        }
        let metamethod = match operator {
            '+' => Metamethod::Add,
            '-' => Metamethod::Sub,
            '*' => Metamethod::Mul,
            '/' => Metamethod::Div,
            _ => Metamethod::Modulo,
        };
        if let Some(metamethod) = self.heap.metamethod(a, metamethod, &self.image.0.metamethods) {
            return self.invoke(metamethod, &[a, b], Then::Store(dst), Root::Silent);
        }
        Err(Fault::error(format!("arith op {operator} on between '{}' and '{}'", a.tag().name(), b.tag().name())))
    }

    fn bitwise(&mut self, dst: Reg, a: Value, b: Value, with: impl Fn(i32, i32) -> i32) -> Result<(), Fault> {
        let (Some(x), Some(y)) = (a.as_integer(), b.as_integer()) else {
            return Err(Fault::error(format!("bitwise op between '{}' and '{}'", a.tag().name(), b.tag().name())));
        };
        self.set_register(dst, Value::integer(with(x, y)));
        Ok(())
    }

    /// Shifts. A count of 32 or more, or below 0, counts modulo 32 in the stock dialect, as the reference's processor has it; in the
    /// imp dialect it shifts everything out.
    fn shift(&mut self, dst: Reg, a: Value, b: Value, shift: Shift) -> Result<(), Fault> {
        let wraps = self.image.0.dialect == Dialect::Stock;
        self.bitwise(dst, a, b, |a, count| {
            let unsigned = a.cast_unsigned();
            let bits = count.cast_unsigned();
            let in_range = wraps || bits < 32;
            match shift {
                Shift::Left if in_range => a.wrapping_shl(bits),
                Shift::Right if in_range => a.wrapping_shr(bits),
                Shift::RightUnsigned if in_range => unsigned.wrapping_shr(bits).cast_signed(),
                Shift::Right => a >> 31,
                Shift::Left | Shift::RightUnsigned => 0,
            }
        })
    }

    fn instance_of(&mut self, dst: Reg, a: Value, class: Value) -> Result<(), Fault> {
        if !class.is(Tag::Class) {
            return Err(Fault::error(format!(
                "cannot apply instanceof between a {} and a {}",
                class.tag().name(),
                a.tag().name()
            )));
        }
        let mut holds = false;
        if a.is(Tag::Instance) {
            let mut at = self.heap.instances[a.index()].class;
            while let Some(data) = self.heap.classes.get(at as usize) {
                self.fuel -= 1;
                if at == class.payload() {
                    holds = true;
                    break;
                }
                at = data.base;
            }
        }
        self.set_register(dst, Value::bool(holds));
        Ok(())
    }
}
