//! What `crypto` does at once.

use squirrel::{Call, Fault, Flow, Function, Member};
use subtle::ConstantTimeEq as _;

use super::{data, hash};

/// Members of `crypto`.
pub(crate) const MEMBERS: &[Member<'static>] = &[
    Member::Function(hash::SHA256),
    Member::Function(hash::HMACSHA256),
    Member::Function(Function::new("equals", equals, 3, ".s|xs|x").documented(
        "equals(a, b) -> bool",
        "Says whether two strings or blobs have the same bytes, in a time that depends on their lengths only.",
    )),
];

fn equals(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (a, b) = (data(call, 1)?, data(call, 2)?);
    let length = a.len().min(b.len());
    let equal = bool::from(a.ct_eq(b));
    call.charge(length / 8);
    call.give(equal)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn equality_is_that_of_the_bytes() {
        check(
            r#"
            local zero = blob(1);
            print(crypto.equals("a", "a") + " " + crypto.equals("a", "b") + " " + crypto.equals("a", "ab") + " ");
            print(crypto.equals(zero, "\x00") + " " + crypto.equals("", blob(0)) + " " + crypto.equals(zero, blob(1)));
            "#,
            "true false false true true true",
        );
    }
}
