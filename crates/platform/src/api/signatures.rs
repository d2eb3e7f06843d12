//! The functions of `crypto` that answer later: signatures, and decryption.

use squirrel::{Call, Fault, Flow, Function, Member, Value};

use super::{bytes, call_soon, done};
use crate::codec::{self, rsa, rsa::Encryption};
use crate::host::host;

/// The one kind of signature.
const RSASSA_PKCS1_SHA256: i32 = 1;

/// How data may be encrypted.
///
/// # Source
/// RFC 8017 has the names; that these are the constants of the platform is our choice.
const RSAES_PKCS1_V1_5: i32 = 2;
const RSAES_OAEP_SHA1: i32 = 3;
const RSAES_OAEP_SHA256: i32 = 4;

pub(super) const MEMBERS: &[Member<'static>] = &[
    Member::Integer { name: "RSASSA_PKCS1_SHA256", value: RSASSA_PKCS1_SHA256 },
    Member::Integer { name: "RSAES_PKCS1_V1_5", value: RSAES_PKCS1_V1_5 },
    Member::Integer { name: "RSAES_OAEP_SHA1", value: RSAES_OAEP_SHA1 },
    Member::Integer { name: "RSAES_OAEP_SHA256", value: RSAES_OAEP_SHA256 },
    Member::Function(Function::new("sign", sign, 5, ".i..c").documented(
        "sign(crypto.RSASSA_PKCS1_SHA256, data, privatekey, function(error, signature))",
        "Signs with an RSA key in DER; the function gets null and a blob, or what is wrong.",
    )),
    Member::Function(Function::new("verify", verify, 6, ".i...c").documented(
        "verify(crypto.RSASSA_PKCS1_SHA256, data, signature, publickey, function(error, valid))",
        "Checks a signature; the function gets null and a bool, or what is wrong.",
    )),
    Member::Function(Function::new("decrypt", decrypt, 5, ".i..c").documented(
        "decrypt(crypto.RSAES_..., data, privatekey, function(error, plaintext))",
        "Decrypts with an RSA key in DER; the function gets null and a blob, or what is wrong.",
    )),
];

fn sign(call: &mut Call<'_>) -> Result<Flow, Fault> {
    is_signature(call)?;
    let (data, key) = (bytes(call, 2)?, bytes(call, 3)?);
    let outcome = afford(call, &key)?.and_then(|()| rsa::sign(&key, &data));
    let (error, signature) = match outcome {
        Ok(signature) => (Value::NULL, codec::blob(call, signature)?),
        Err(error) => (call.heap.string(error.as_bytes())?, Value::NULL),
    };
    call_soon(call, call.argument(4), &[error, signature])?;
    done()
}

fn verify(call: &mut Call<'_>) -> Result<Flow, Fault> {
    is_signature(call)?;
    let (data, signature, key) = (bytes(call, 2)?, bytes(call, 3)?, bytes(call, 4)?);
    let outcome = afford(call, &key)?.and_then(|()| rsa::verify(&key, &data, &signature));
    let (error, valid) = match outcome {
        Ok(valid) => (Value::NULL, Value::bool(valid)),
        Err(error) => (call.heap.string(error.as_bytes())?, Value::NULL),
    };
    call_soon(call, call.argument(5), &[error, valid])?;
    done()
}

fn decrypt(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (data, key) = (bytes(call, 2)?, bytes(call, 3)?);
    let encryption = match call.argument(1).as_integer() {
        Some(RSAES_PKCS1_V1_5) => Encryption::Pkcs1V15,
        Some(RSAES_OAEP_SHA1) => Encryption::OaepSha1,
        Some(RSAES_OAEP_SHA256) => Encryption::OaepSha256,
        _ => return Err("unknown algorithm in crypto.decrypt(algorithm, data, key, callback)".into()),
    };
    // It grows with the third power of the key's length, and takes longer than a signature.
    let kilobits = rsa::key_bits(&key).unwrap_or(0).min(4096) / 1024;
    call.charge(50_000 * kilobits.pow(3));
    let outcome = afford(call, &key)?.and_then(|()| rsa::decrypt(&key, &data, encryption));
    let (error, plain) = match outcome {
        Ok(plain) => (Value::NULL, codec::blob(call, plain)?),
        Err(error) => (call.heap.string(error.as_bytes())?, Value::NULL),
    };
    call_soon(call, call.argument(4), &[error, plain])?;
    done()
}

fn is_signature(call: &Call<'_>) -> Result<(), Fault> {
    if call.argument(1).as_integer() != Some(RSASSA_PKCS1_SHA256) {
        return Err("unknown algorithm in crypto.sign(algorithm, data, key, callback)".into());
    }
    Ok(())
}

/// Takes what the work costs: a credit for each 1024 bits of the key.
fn afford(call: &mut Call<'_>, key: &[u8]) -> Result<Result<(), String>, Fault> {
    #[expect(clippy::cast_precision_loss, reason = "keys have a few thousand bits")]
    let cost = rsa::key_bits(key).unwrap_or(0) as f64 / 1024.0;
    // About what a private operation takes.
    call.charge(100_000);
    let host = host(call)?;
    let now_us = host.now_us;
    Ok(if host.crypto_credit.take(now_us, cost) { Ok(()) } else { Err("too many crypto operations".to_owned()) })
}
