//! What `crypto` answers later, always with two arguments.

use crate::world::log_of;
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Both made by OpenSSL for this test only: a key of 2048 bits, and `what is secret`, encrypted for it.
const KEY: &[u8] = include_bytes!("rsa-private-key.der");
const SECRET: &[u8] = include_bytes!("rsa-oaep-sha1.bin");

fn log_with_key(source: &str) -> Vec<String> {
    let (key, secret) = (STANDARD.encode(KEY), STANDARD.encode(SECRET));
    log_of(&format!("key <- http.base64decode(\"{key}\"); secret <- http.base64decode(\"{secret}\");\n{source}"))
}

#[test]
fn what_is_encrypted_is_decrypted_later() {
    let source = r#"
        crypto.decrypt(crypto.RSAES_OAEP_SHA1, secret, key, function(error, plain) {
            server.log(error + " " + typeof plain + " " + plain.tostring());
        });
        crypto.decrypt(crypto.RSAES_OAEP_SHA256, secret, key, @(error, plain) server.log(error + " " + plain));
        crypto.decrypt(crypto.RSAES_OAEP_SHA1, secret, "no key", @(error, plain) server.log(error));
        try { crypto.decrypt(99, secret, key, @(error, plain) null) } catch (error) { server.log(error) }
        server.log("first");
    "#;
    assert_eq!(
        log_with_key(source),
        [
            "unknown algorithm in crypto.decrypt(algorithm, data, key, callback)",
            "first",
            "(null : 0x0) blob what is secret",
            "the data cannot be decrypted (null : 0x0)",
            "not an RSA private key in DER form"
        ]
    );
}

#[test]
fn private_operations_cost_credit() {
    let source = r#"
        local refused = [];
        for (local i = 0; i < 22; i++) {
            crypto.sign(crypto.RSASSA_PKCS1_SHA256, "data", key, @(error, signature) error == null ? null : refused.append(error));
        }
        imp.wakeup(0, @() server.log(refused.len() + " " + refused[0]));
        imp.wakeup(1, @() crypto.decrypt(crypto.RSAES_OAEP_SHA1, secret, key, @(error, plain) server.log(error)));
    "#;
    assert_eq!(log_with_key(source), ["2 too many crypto operations", "(null : 0x0)"]);
}
