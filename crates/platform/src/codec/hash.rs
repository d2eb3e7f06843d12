//! The functions of `http.hash`.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use squirrel::{Call, Fault, Flow, Function, Member};

use super::{blob, data};

/// The members of `http.hash`.
pub(crate) const MEMBERS: &[Member<'static>] = &[
    Member::Function(
        Function::new("md5", digest::<Md5>, 2, ".s|x").documented("md5(data) -> blob", "Returns the MD5 digest."),
    ),
    Member::Function(
        Function::new("sha1", digest::<Sha1>, 2, ".s|x").documented("sha1(data) -> blob", "Returns the SHA-1 digest."),
    ),
    Member::Function(SHA256),
    Member::Function(
        Function::new("sha512", digest::<Sha512>, 2, ".s|x")
            .documented("sha512(data) -> blob", "Returns the SHA-512 digest."),
    ),
    Member::Function(
        Function::new("hmacmd5", code::<Hmac<Md5>>, 3, ".s|xs|x")
            .documented("hmacmd5(data, key) -> blob", "Returns the HMAC with MD5."),
    ),
    Member::Function(
        Function::new("hmacsha1", code::<Hmac<Sha1>>, 3, ".s|xs|x")
            .documented("hmacsha1(data, key) -> blob", "Returns the HMAC with SHA-1."),
    ),
    Member::Function(HMACSHA256),
    Member::Function(
        Function::new("hmacsha512", code::<Hmac<Sha512>>, 3, ".s|xs|x")
            .documented("hmacsha512(data, key) -> blob", "Returns the HMAC with SHA-512."),
    ),
];

/// `sha256`, of `crypto` too.
pub(super) const SHA256: Function<'static> = Function::new("sha256", digest::<Sha256>, 2, ".s|x")
    .documented("sha256(data) -> blob", "Returns the SHA-256 digest.");

/// `hmacsha256`, of `crypto` too.
pub(super) const HMACSHA256: Function<'static> = Function::new("hmacsha256", code::<Hmac<Sha256>>, 3, ".s|xs|x")
    .documented("hmacsha256(data, key) -> blob", "Returns the HMAC with SHA-256.");

/// Fuel for so many bytes, which takes longer than to move them.
fn cost(bytes: usize) -> usize {
    64 + bytes / 4
}

fn digest<D: Digest>(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let data = data(call, 1)?;
    let cost = cost(data.len());
    let digest = D::digest(data).to_vec();
    call.charge(cost);
    Ok(Flow::Return(blob(call, digest)?))
}

fn code<M: Mac + KeyInit>(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (data, key) = (data(call, 1)?, data(call, 2)?);
    let cost = cost(data.len() + key.len());
    let mac = <M as KeyInit>::new_from_slice(key).map_err(|_| "invalid key")?;
    let code = mac.chain_update(data).finalize().into_bytes().to_vec();
    call.charge(cost);
    Ok(Flow::Return(blob(call, code)?))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, check_error};

    /// Checks the digest, in hexadecimal, that an expression gives.
    #[track_caller]
    fn check_digest(expression: &str, expected: &str) {
        check(&format!("foreach (byte in {expression}) print(format(\"%02x\", byte))"), expected);
    }

    #[test]
    fn digests_of_rfc_1321_and_fips_180() {
        check_digest("http.hash.md5(\"\")", "d41d8cd98f00b204e9800998ecf8427e");
        check_digest("http.hash.md5(\"abc\")", "900150983cd24fb0d6963f7d28e17f72");
        check_digest("http.hash.md5(\"message digest\")", "f96b697d7cb7938d525a2f31aaf161d0");
        check_digest("http.hash.sha1(\"abc\")", "a9993e364706816aba3e25717850c26c9cd0d89d");
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        check_digest("http.hash.sha256(\"abc\")", abc);
        check_digest("crypto.sha256(\"abc\")", abc);
        check_digest("http.hash.sha256(blob(0))", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        check_digest(
            "http.hash.sha512(\"abc\")",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        );
    }

    #[test]
    fn codes_of_rfc_2202_and_rfc_4231() {
        let (data, key) = ("what do ya want for nothing?", "Jefe");
        let check_code = |hash: &str, expected: &str| {
            check_digest(&format!("http.hash.{hash}({data:?}, {key:?})"), expected);
        };
        check_code("hmacmd5", "750c783e6ab0b503eaa86e310a5db738");
        check_code("hmacsha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        check_code("hmacsha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        check_code(
            "hmacsha512",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
             9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        );
        // A key longer than a block, in a blob.
        check(
            r#"
            local key = blob(131);
            for (local i = 0; i < 131; i++) key[i] = 0xaa;
            local code = crypto.hmacsha256("Test Using Larger Than Block-Size Key - Hash Key First", key);
            foreach (byte in code) print(format("%02x", byte));
            "#,
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        );
    }

    #[test]
    fn arguments_are_strings_or_blobs() {
        check_error("http.hash.md5(5)", "parameter 1 has an invalid type 'integer' ; expected: 'string|instance'");
        check_error("http.hash.hmacmd5(\"\")", "wrong number of parameters");
        check("print(typeof http.hash.hmacmd5(\"\", \"\") + http.hash.sha512(\"\").len())", "blob64");
    }
}
