//! RSA: signatures, for `crypto.sign` and `crypto.verify` with `RSASSA_PKCS1_SHA256`, and decryption, for `crypto.decrypt`.

use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::{RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_SHA256, UnparsedPublicKey};
use rsa::PrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey as _;

/// Signs data with RSASSA-PKCS1-v1_5 and SHA-256. `key` is an RSA private key of 2048 to 4096 bits in the DER form of PKCS#8
/// or PKCS#1.
///
/// # Errors
/// What is wrong with the key.
pub(crate) fn sign(key: &[u8], data: &[u8]) -> Result<Vec<u8>, String> {
    let Some(Key::Private(key)) = Key::read(key) else { return Err("not an RSA private key in DER form".to_owned()) };
    let key = KeyPair::from_der(key).map_err(|error| format!("unusable RSA private key: {error}"))?;
    let mut signature = vec![0; key.public().modulus_len()];
    // The generator is for other kinds of signatures: there is nothing random in these.
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), data, &mut signature)
        .map_err(|_| "the RSA private key does not fit itself".to_owned())?;
    Ok(signature)
}

/// Says whether a signature is what [`sign`] makes of the data. `key` is the RSA public key, of 1024 to 8192 bits, in the DER form
/// of X.509 (SubjectPublicKeyInfo) or PKCS#1.
///
/// # Errors
/// What is wrong with the key.
pub(crate) fn verify(key: &[u8], data: &[u8], signature: &[u8]) -> Result<bool, String> {
    let Some(Key::Public(key)) = Key::read(key) else { return Err("not an RSA public key in DER form".to_owned()) };
    let key = UnparsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, key);
    Ok(key.verify(data, signature).is_ok())
}

/// How data is encrypted: as RFC 8017 names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    Pkcs1V15,
    OaepSha1,
    OaepSha256,
}

/// The private keys that [`decrypt`] takes, in bits: those that [`sign`] takes.
const KEY_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// Decrypts data with an RSA private key of 2048 to 4096 bits in the DER form of PKCS#8 or PKCS#1.
///
/// # Errors
/// What is wrong with the key; of the data only that it cannot be decrypted, since more would help those who guess. With
/// [`Encryption::Pkcs1V15`] not even that: what comes of wrong data is as good as random.
pub(crate) fn decrypt(key: &[u8], data: &[u8], encryption: Encryption) -> Result<Vec<u8>, String> {
    let Some(Key::Private(der)) = Key::read(key) else { return Err("not an RSA private key in DER form".to_owned()) };
    if !key_bits(key).is_some_and(|bits| KEY_BITS.contains(&bits)) {
        return Err("unusable RSA private key: it must have 2048 to 4096 bits".to_owned());
    }
    let key = PrivateKey::from_pkcs1_der(der).map_err(|error| format!("unusable RSA private key: {error}"))?;
    let plain = match encryption {
        Encryption::Pkcs1V15 => key.pkcs1v15_decrypt(data),
        Encryption::OaepSha1 => key.oaep_decrypt::<sha1::Sha1>(data),
        Encryption::OaepSha256 => key.oaep_decrypt::<sha2::Sha256>(data),
    };
    plain.map_err(|_| "the data cannot be decrypted".to_owned())
}

/// Length in bits of an RSA key of any of the forms that [`sign`] and [`verify`] take, whatever its length; none for what is no such
/// key.
pub(crate) fn key_bits(key: &[u8]) -> Option<usize> {
    // A private key has a version in front.
    let (key, place) = match Key::read(key)? {
        Key::Public(key) => (key, 0),
        Key::Private(key) => (key, 1),
    };
    let modulus = parts(key)?.get(place)?.content;
    let zeros = modulus.iter().take_while(|&&byte| byte == 0).count();
    let first = modulus.get(zeros)?;
    Some((modulus.len() - zeros) * 8 - first.leading_zeros() as usize)
}

/// An RSA key in the DER form of PKCS#1, without what other forms wrap around it.
#[derive(Clone, Copy)]
enum Key<'k> {
    Private(&'k [u8]),
    Public(&'k [u8]),
}

impl Key<'_> {
    fn read(der: &[u8]) -> Option<Key<'_>> {
        let outer = parts(der)?;
        let tags: Vec<u8> = outer.iter().map(|part| part.tag).collect();
        let (inner, private) = match tags[..] {
            [SEQUENCE, BIT_STRING] => (outer[1].content.strip_prefix(&[0])?, false),
            [INTEGER, SEQUENCE, OCTET_STRING, ..] => (outer[2].content, true),
            _ => return Key::bare(der, &tags),
        };
        let tags: Vec<u8> = parts(inner)?.iter().map(|part| part.tag).collect();
        Key::bare(inner, &tags).filter(|key| matches!(key, Key::Private(_)) == private)
    }

    /// A key of PKCS#1, which has parts of these tags.
    fn bare<'k>(der: &'k [u8], tags: &[u8]) -> Option<Key<'k>> {
        match tags {
            [INTEGER, INTEGER] => Some(Key::Public(der)),
            [INTEGER, INTEGER, INTEGER, INTEGER, ..] => Some(Key::Private(der)),
            _ => None,
        }
    }
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
/// More parts than any key has.
const MOST_PARTS: usize = 16;

/// A piece of DER.
#[derive(Clone, Copy)]
struct Part<'d> {
    tag: u8,
    content: &'d [u8],
}

/// The parts of the one sequence that a piece of DER consists of.
fn parts(der: &[u8]) -> Option<Vec<Part<'_>>> {
    let (sequence, rest) = next_part(der)?;
    if sequence.tag != SEQUENCE || !rest.is_empty() {
        return None;
    }
    let (mut parts, mut rest) = (Vec::new(), sequence.content);
    while !rest.is_empty() && parts.len() < MOST_PARTS {
        let (part, behind) = next_part(rest)?;
        parts.push(part);
        rest = behind;
    }
    rest.is_empty().then_some(parts)
}

/// Cuts the first part off a piece of DER.
fn next_part(der: &[u8]) -> Option<(Part<'_>, &[u8])> {
    let [tag, length, rest @ ..] = der else { return None };
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        // So many bytes of length follow.
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (bytes.iter().fold(0, |length, &byte| (length << 8) | usize::from(byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((Part { tag: *tag, content }, rest))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::{Encryption, decrypt, key_bits, sign, verify};

    // Made by OpenSSL for this test only.
    const PKCS8: &str = "\
        MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQC6gf7w7I3LW53OrrPZEVCBelj4Tcrtxuu5yOglWL0xMufo\
        I6vY0fJbzLgh6H2keRP9rNE/fnZBmfLOfWjuwwhs9uGJxSpXeDweajaHCIAjPl23hJIpBjoUEWJoFKeY/nq30IyZnXgfXJ7a\
        QaHaKVUO0XWuBu//dPIltUDyVhKr6D2+YX9A4DfiNFfHocP9rM4t5LpH63E5aYhr+8yBjmSJOe37j1dTI1Pm9pKwgUFV91dx\
        0giUKVUbo1b/pMwl5elhmEKsGyiILbpXLstLZrzKTtazmcxv4tpGjNyLcIqvqam7fttmMMdH1LjdibGMwt4qiRNgQMuHLYFI\
        bb5OVEhLAgMBAAECggEAA2xazhHbDmljLZ9JeZZjeGTsmIe9zeLegipcwtnsnkHb1zs9+1ZRkPuVqGwSHLOeOTdAhffsjfEY\
        VelTKwkh/Y7QflnDy7ECXxQkmRJ/+GWiJoarGh0QcglADNhoNRr8P9h2ypdrbepVl6/BtUJLjeCS8BVJHWxVL3nMTd/994rD\
        j1vXON7dcGP6l7olZVu2KSNblfeQzGokwxAT3jtWQpS81VSeT8YZGT8s8tMfjAvpKOOgTjCoc5pOvFHBd5wzJp/BdSMGTNN7\
        w/2e4VhPHJ163xGhEs5MG1hwp82qB0oNpEc59uLpz131fMYIiHn5JVq4SosTOniMDXtSzG2fYQKBgQDw17q/MSJfTyyq8LDA\
        9uFCkIZ2NfVA4ZIPTu3+KNwbNZc1qkItoqnOUgceuj4qI00AV50oJ+ThAMkr4/uCU6Zyp/iFGepV3JDKcVapKawv6Kjh/5RJ\
        lPnUvVYSU6pGtWMN7tg59AFtiIPiU3JjgTDCZ/AEaGd2G2HLVvEiB9jeqwKBgQDGPt1dGSai02H04Ki2WNBfUQavj00XFfGn\
        omXdLY6TvuWbICaG+DbELwAjlIUyvj23UV9K6gI3I/2ojyODX/MnuLqPQ2M7XdTIVxwHXc9PM4rztr7Yoo/eeX99GrL/pr+M\
        C0pSbHGPMLvPgmzV3T0aj/8uPTa++DKajCBLM5m84QKBgQDYxLJWZvjS48YGTQApjYsNiFsdhk8piF0X3iiiu0/wRXnFWWqa\
        /G7tPjMeWu6cqo0ho7nVbKK6SSTHljjHAlcrlzc9RSf/A7hmHUCsnM9Xh4aJcqma2LVL3uXbNOZrIdL3tWN0NcQbO+XIDOdF\
        2/9w2m/S581HJjoM9EGwKXPuZQKBgQCgL424uyjf6oO9VYadiNgeHJ+VXepBnCaeeHdsp3IMafSnSuw2pPvDu+KV3V1fah7+\
        ME8afkl5+qfs+nQMpIwabYa5Wg8lmiTkGJb6UM/BRHmjgedlrr0nW+8qzFcUgc1GwJy2Sw/bTtqCyvVcPZ8xBmeAGlBRMMXa\
        4Rz7Bt/ToQJ/OzUoQuM6m7RFHwnbjAtFMqjyaXfSTgDA09nfnicak+htu7nHd42oBFBfzR5dLSJGvuxwzpe2Xl+DGejPShNK\
        Z3XcsTA6TqZHn1SJrUtIIGizvxabt11fCFFY5QbWYUSU+VTcrZmPPzosl1ORmqL03x5Wkd7AR30aeMJ73Qba6Q==";
    const PKCS1: &str = "\
        MIIEogIBAAKCAQEAuoH+8OyNy1udzq6z2RFQgXpY+E3K7cbrucjoJVi9MTLn6COr2NHyW8y4Ieh9pHkT/azRP352QZnyzn1o\
        7sMIbPbhicUqV3g8Hmo2hwiAIz5dt4SSKQY6FBFiaBSnmP56t9CMmZ14H1ye2kGh2ilVDtF1rgbv/3TyJbVA8lYSq+g9vmF/\
        QOA34jRXx6HD/azOLeS6R+txOWmIa/vMgY5kiTnt+49XUyNT5vaSsIFBVfdXcdIIlClVG6NW/6TMJeXpYZhCrBsoiC26Vy7L\
        S2a8yk7Ws5nMb+LaRozci3CKr6mpu37bZjDHR9S43YmxjMLeKokTYEDLhy2BSG2+TlRISwIDAQABAoIBAANsWs4R2w5pYy2f\
        SXmWY3hk7JiHvc3i3oIqXMLZ7J5B29c7PftWUZD7lahsEhyznjk3QIX37I3xGFXpUysJIf2O0H5Zw8uxAl8UJJkSf/hloiaG\
        qxodEHIJQAzYaDUa/D/YdsqXa23qVZevwbVCS43gkvAVSR1sVS95zE3f/feKw49b1zje3XBj+pe6JWVbtikjW5X3kMxqJMMQ\
        E947VkKUvNVUnk/GGRk/LPLTH4wL6SjjoE4wqHOaTrxRwXecMyafwXUjBkzTe8P9nuFYTxydet8RoRLOTBtYcKfNqgdKDaRH\
        Ofbi6c9d9XzGCIh5+SVauEqLEzp4jA17Usxtn2ECgYEA8Ne6vzEiX08sqvCwwPbhQpCGdjX1QOGSD07t/ijcGzWXNapCLaKp\
        zlIHHro+KiNNAFedKCfk4QDJK+P7glOmcqf4hRnqVdyQynFWqSmsL+io4f+USZT51L1WElOqRrVjDe7YOfQBbYiD4lNyY4Ew\
        wmfwBGhndhthy1bxIgfY3qsCgYEAxj7dXRkmotNh9OCotljQX1EGr49NFxXxp6Jl3S2Ok77lmyAmhvg2xC8AI5SFMr49t1Ff\
        SuoCNyP9qI8jg1/zJ7i6j0NjO13UyFccB13PTzOK87a+2KKP3nl/fRqy/6a/jAtKUmxxjzC7z4Js1d09Go//Lj02vvgymowg\
        SzOZvOECgYEA2MSyVmb40uPGBk0AKY2LDYhbHYZPKYhdF94oortP8EV5xVlqmvxu7T4zHlrunKqNIaO51Wyiukkkx5Y4xwJX\
        K5c3PUUn/wO4Zh1ArJzPV4eGiXKpmti1S97l2zTmayHS97VjdDXEGzvlyAznRdv/cNpv0ufNRyY6DPRBsClz7mUCgYEAoC+N\
        uLso3+qDvVWGnYjYHhyflV3qQZwmnnh3bKdyDGn0p0rsNqT7w7vild1dX2oe/jBPGn5Jefqn7Pp0DKSMGm2GuVoPJZok5BiW\
        +lDPwUR5o4HnZa69J1vvKsxXFIHNRsCctksP207agsr1XD2fMQZngBpQUTDF2uEc+wbf06ECfzs1KELjOpu0RR8J24wLRTKo\
        8ml30k4AwNPZ354nGpPobbu5x3eNqARQX80eXS0iRr7scM6Xtl5fgxnoz0oTSmd13LEwOk6mR59Uia1LSCBos78Wm7ddXwhR\
        WOUG1mFElPlU3K2Zjz86LJdTkZqi9N8eVpHewEd9GnjCe90G2uk=";
    const SPKI: &str = "\
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAuoH+8OyNy1udzq6z2RFQgXpY+E3K7cbrucjoJVi9MTLn6COr2NHy\
        W8y4Ieh9pHkT/azRP352QZnyzn1o7sMIbPbhicUqV3g8Hmo2hwiAIz5dt4SSKQY6FBFiaBSnmP56t9CMmZ14H1ye2kGh2ilV\
        DtF1rgbv/3TyJbVA8lYSq+g9vmF/QOA34jRXx6HD/azOLeS6R+txOWmIa/vMgY5kiTnt+49XUyNT5vaSsIFBVfdXcdIIlClV\
        G6NW/6TMJeXpYZhCrBsoiC26Vy7LS2a8yk7Ws5nMb+LaRozci3CKr6mpu37bZjDHR9S43YmxjMLeKokTYEDLhy2BSG2+TlRI\
        SwIDAQAB";
    const PUBLIC_PKCS1: &str = "\
        MIIBCgKCAQEAuoH+8OyNy1udzq6z2RFQgXpY+E3K7cbrucjoJVi9MTLn6COr2NHyW8y4Ieh9pHkT/azRP352QZnyzn1o7sMI\
        bPbhicUqV3g8Hmo2hwiAIz5dt4SSKQY6FBFiaBSnmP56t9CMmZ14H1ye2kGh2ilVDtF1rgbv/3TyJbVA8lYSq+g9vmF/QOA3\
        4jRXx6HD/azOLeS6R+txOWmIa/vMgY5kiTnt+49XUyNT5vaSsIFBVfdXcdIIlClVG6NW/6TMJeXpYZhCrBsoiC26Vy7LS2a8\
        yk7Ws5nMb+LaRozci3CKr6mpu37bZjDHR9S43YmxjMLeKokTYEDLhy2BSG2+TlRISwIDAQAB";
    /// Of OpenSSL, for [`DATA`].
    const SIGNATURE: &str = "\
        PezPVeH2QRV2CLJI+f/2BiEvKomlSQQ4WmJIRJjWoRV4ZCDfpV3sP25QAn2uCsfGzqeJVH2BNUBy0qE/43l2GStttJgS0Xql\
        uLtNg41/k5IGISLVWO+R232g2DzUXjgT68i+gTKpgxUCugBlAKZCAT6Gu0lClTFaVCDIMhup0QdoGpjGng3U2eg5ogtpcQKG\
        btWJkWga/XWDjJr/k3zxlodXI73MiD7jtYeOKxK/QIPLJkRyS5qpyOubnioQPqynKvRs6b3gqOg9wOR0kxK+ZYyg69E827Mp\
        S+QuPvzjqjXOonNbcbV4kQTNrCMB71WSuC+iHvhKEDUNJ9JA+k2ooA==";
    const DATA: &[u8] = b"what is signed";
    /// Of OpenSSL, of `what is secret`.
    const PKCS1_V1_5: &str = "\
        GsBhgfw1eC0VFKggPMt4+IbD6uJ9L0F6vBoHX2fyfbaMECEDY1cz7grxczehVtenVzatGl8c97wNPZa+lyDuR3/gvorpoeH6\
        CRhA+vPzsxf/1VQLc1cZ2QSNIHiNpttdCIEHsaPCLvSy3bq7Mpx6Y1LlwnpLziko6qXV2z9XHfow3ckIL+rDW4BJjvbrWoSq\
        O4roBmcOP8r5pMHRi4ouKY8xq3OO+4cgIvg9eCQ7aOXxiJ46ZzeB9KlXoE/q+cLxzjGQew8fxyvVTle2+VKEXt4A76evqqCf\
        /JKJLmylhvEg54VzvevaM6hLaQYF+H+R2L5wa9G1/3cwIUco7o6fUQ==";
    const OAEP_SHA1: &str = "\
        Gcqc+g9aDD7m93G0Jk8fUnCIeTzLt5sbS96g5RPrrDft9xPUBKUkfB82Q8tyKN49gl6dXYcm6e+7+NcEavgP6/LzGYridkAh\
        5jUsJZGRgurLdDojZCG+5rNBjidaqaCywpg8FW8SGlyrmqvzMaIPx57qL6l1pt+UtogtGO5kbMYWEOXPdckXFvjdfj3r0PXE\
        ggAK2wSsR9EMy54M8CCCut8tUHu0uUYExP7EePcQ+qLGLXb75l68w+XmurjyeTS15glfW0PJ1XFkSAGPCF/wPs5X7BqHdKgL\
        PwOfQvgaA5pWDe2Bez/7BdmqK8bsoq0k5Y2YhweBqL9dExVm+c33JA==";
    const OAEP_SHA256: &str = "\
        TgGyJCyaxX468TykPlpKDsD3HS1iEZdxAXwsfYtievim70m7T2uQ0Ui35GTCruK72s5qOwYvZIEAQi2RXtop74eysv7v1Vfw\
        czHZ4DgNRSOfMEBM27ScGFoL0ryqBC7Ku5lUvKSP4+GNsfkuvBiEBfTKT7MwUV1rtktFrQQCmFSv6idl6gkOKPJcmUlnHrLN\
        W8i9JvdEOtRrnw5pek6Dvt/5atBb+sNAKSr1mf/eXE98ZrpPWX5Phzz7o6qvbSs6EmePY0D1S5iaMsUaRUa7QS38dwMQuE6M\
        TdP38UJxQL7TG9u40xGwLNHhfu6wfGfyaFWKnoOyPhXChYfovBs2qQ==";

    fn bytes(text: &str) -> Vec<u8> {
        STANDARD.decode(text).expect("it is base64")
    }

    #[test]
    fn signatures_are_those_of_openssl() {
        for key in [PKCS8, PKCS1] {
            assert_eq!(sign(&bytes(key), DATA), Ok(bytes(SIGNATURE)));
        }
        for key in [SPKI, PUBLIC_PKCS1] {
            assert_eq!(verify(&bytes(key), DATA, &bytes(SIGNATURE)), Ok(true));
            assert_eq!(verify(&bytes(key), b"something else", &bytes(SIGNATURE)), Ok(false));
            assert_eq!(verify(&bytes(key), DATA, b""), Ok(false));
        }
    }

    #[test]
    fn what_openssl_encrypts_is_decrypted() {
        use Encryption::{OaepSha1, OaepSha256, Pkcs1V15};
        let all = [(PKCS1_V1_5, Pkcs1V15), (OAEP_SHA1, OaepSha1), (OAEP_SHA256, OaepSha256)];
        for (text, encryption) in all {
            for key in [PKCS8, PKCS1] {
                assert_eq!(decrypt(&bytes(key), &bytes(text), encryption), Ok(b"what is secret".to_vec()));
            }
            let refused = Err("the data cannot be decrypted".to_owned());
            assert_eq!(decrypt(&bytes(PKCS8), b"short", encryption), refused);
            for (_, other) in all.into_iter().filter(|(_, other)| *other != encryption) {
                let wrong = decrypt(&bytes(PKCS8), &bytes(text), other);
                // With the old padding what cannot be decrypted is something else, so that nobody learns from refusals.
                if other == Pkcs1V15 {
                    assert!(wrong.is_ok_and(|wrong| wrong != b"what is secret"));
                } else {
                    assert_eq!(wrong, refused);
                }
            }
        }
    }

    #[test]
    fn keys_have_their_length() {
        for key in [PKCS8, PKCS1, SPKI, PUBLIC_PKCS1] {
            assert_eq!(key_bits(&bytes(key)), Some(2048));
        }
    }

    #[test]
    fn wrong_keys_are_refused() {
        let (private, public) = (bytes(PKCS8), bytes(SPKI));
        assert_eq!(sign(&public, DATA), Err("not an RSA private key in DER form".to_owned()));
        assert_eq!(verify(&private, DATA, b""), Err("not an RSA public key in DER form".to_owned()));
        // A modulus of 8 bits, and so on.
        let small = [0x30, 12, 2, 1, 0, 2, 1, 0xff, 2, 1, 3, 2, 1, 5];
        assert_eq!(key_bits(&small), Some(8));
        assert!(decrypt(&public, DATA, Encryption::OaepSha1).is_err_and(|error| error.starts_with("not an RSA")));
        assert!(decrypt(&small, DATA, Encryption::OaepSha1).is_err_and(|error| error.starts_with("unusable")));
        assert!(sign(&small, DATA).is_err_and(|error| error.starts_with("unusable RSA private key")));
        for length in 0..private.len() {
            assert_eq!(key_bits(&private[..length]), None);
        }
        for length in 0..public.len() {
            assert_eq!(key_bits(&public[..length]), None);
        }
    }
}
