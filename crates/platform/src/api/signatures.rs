//! The functions of `crypto` that answer later: signatures.

use squirrel::{Call, Fault, Flow, Function, Member, Value};

use super::{bytes, done};
use crate::codec::{self, rsa};
use crate::host::{Callback, host, key_of, set_callback_of};

/// The one kind of signature.
const RSASSA_PKCS1_SHA256: i32 = 1;

pub(super) const MEMBERS: &[Member<'static>] = &[
    Member::Integer { name: "RSASSA_PKCS1_SHA256", value: RSASSA_PKCS1_SHA256 },
    Member::Function(Function::new("sign", sign, 5, ".i..c").documented(
        "sign(crypto.RSASSA_PKCS1_SHA256, data, privatekey, function(error, signature))",
        "Signs with an RSA key in DER; the function gets null and a blob, or what is wrong.",
    )),
    Member::Function(Function::new("verify", verify, 6, ".i...c").documented(
        "verify(crypto.RSASSA_PKCS1_SHA256, data, signature, publickey, function(error, valid))",
        "Checks a signature; the function gets null and a bool, or what is wrong.",
    )),
];

fn sign(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (data, key) = (bytes(call, 2)?, bytes(call, 3)?);
    let outcome = afford(call, &key)?.and_then(|()| rsa::sign(&key, &data));
    let (error, signature) = match outcome {
        Ok(signature) => (Value::NULL, codec::blob(call, signature)?),
        Err(error) => (call.heap.string(error.as_bytes())?, Value::NULL),
    };
    answer(call, 4, error, signature)
}

fn verify(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (data, signature, key) = (bytes(call, 2)?, bytes(call, 3)?, bytes(call, 4)?);
    let outcome = afford(call, &key)?.and_then(|()| rsa::verify(&key, &data, &signature));
    let (error, valid) = match outcome {
        Ok(valid) => (Value::NULL, Value::bool(valid)),
        Err(error) => (call.heap.string(error.as_bytes())?, Value::NULL),
    };
    answer(call, 5, error, valid)
}

/// Takes what the work costs: a credit for each 1024 bits of the key.
fn afford(call: &mut Call<'_>, key: &[u8]) -> Result<Result<(), String>, Fault> {
    if call.argument(1).as_integer() != Some(RSASSA_PKCS1_SHA256) {
        return Err("unknown algorithm in crypto.sign(algorithm, data, key, callback)".into());
    }
    #[expect(clippy::cast_precision_loss, reason = "keys have a few thousand bits")]
    let cost = rsa::key_bits(key).unwrap_or(0) as f64 / 1024.0;
    // About what a private operation takes.
    call.charge(100_000);
    let host = host(call)?;
    let now_us = host.now_us;
    Ok(if host.crypto_credit.take(now_us, cost) { Ok(()) } else { Err("too many crypto operations".to_owned()) })
}

/// Has the callback at a place called soon.
fn answer(call: &mut Call<'_>, place: usize, error: Value, result: Value) -> Result<Flow, Fault> {
    let function = call.argument(place);
    let items = call.heap.array(vec![function, error, result])?;
    let id = host(call)?.last_id.wrapping_add(1);
    set_callback_of(call, Callback::Soon, key_of(id), items)?;
    let host = host(call)?;
    host.next_id();
    host.soon.push_back(id);
    done()
}
