//! `http.base64encode` and `http.base64decode`.

use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use base64::engine::{DecodePaddingMode, Engine as _};
use squirrel::{Call, Fault, Flow, Function, Member};

use super::{blob, data, ensure_room};

/// The functions, members of `http`.
pub(crate) const MEMBERS: &[Member<'static>] = &[
    Member::Function(
        Function::new("base64encode", base64encode, 2, ".s|x")
            .documented("base64encode(data) -> string", "Writes a string or blob in base64, on one line."),
    ),
    Member::Function(Function::new("base64decode", base64decode, 2, ".s|x").documented(
        "base64decode(text) -> blob",
        "Reads base64; white space and missing padding do no harm, anything else throws.",
    )),
];

/// Takes texts that other programs write: without padding, or with bits that say nothing at the end.
const TOLERANT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn base64encode(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let data = data(call, 1)?;
    let length = data.len().div_ceil(3).saturating_mul(4);
    ensure_room(call.heap, length)?;
    let text = STANDARD.encode(data);
    call.charge(length / 16);
    call.give(text)
}

fn base64decode(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let text = data(call, 1)?;
    let length = text.len();
    ensure_room(call.heap, length / 4 * 3)?;
    let text: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = TOLERANT.decode(text);
    call.charge(length / 8);
    let bytes = bytes.map_err(|_| "invalid base64 in http.base64decode(string)")?;
    Ok(Flow::Return(blob(call, bytes)?))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, check_error};

    #[test]
    fn vectors_of_rfc_4648() {
        check(
            r#"
            foreach (text in ["", "f", "fo", "foo", "foob", "fooba", "foobar"]) {
                local code = http.base64encode(text);
                print(code + " " + (http.base64decode(code).tostring() == text) + ",");
            }
            print(typeof http.base64decode("") + " " + http.base64encode(http.base64decode("+/+/")));
            "#,
            " true,Zg== true,Zm8= true,Zm9v true,Zm9vYg== true,Zm9vYmE= true,Zm9vYmFy true,blob +/+/",
        );
    }

    #[test]
    fn decoding_is_tolerant() {
        check(
            r#"
            foreach (code in ["Zm9v\r\nYmFy\n", " Zg", "Zg=", "Zh==", "Zm8"]) print(http.base64decode(code).tostring() + " ")
            "#,
            "foobar f f f fo ",
        );
        for wrong in ["Z", "Zm9vY", "Zg==Zg==", "Zm-_", "Zm9v!", "===="] {
            check_error(&format!("http.base64decode({wrong:?})"), "invalid base64 in http.base64decode(string)");
        }
    }

    #[test]
    fn arguments_are_strings_or_blobs() {
        check_error("http.base64encode(1)", "parameter 1 has an invalid type 'integer' ; expected: 'string|instance'");
        check_error(
            "class C {} http.base64encode(C())",
            "parameter 1 has an invalid type 'instance' ; expected: 'string|blob'",
        );
    }

    #[test]
    fn bytes_come_back_as_they_were() {
        check(
            r#"
            for (local seed = 1; seed <= 300; seed++) {
                math.srand(seed);
                local data = blob(math.rand() % 50);
                for (local i = 0; i < data.len(); i++) data[i] = math.rand() % 256;
                local back = http.base64decode(http.base64encode(data));
                if (!crypto.equals(data, back) || back.tell() != 0) print("seed " + seed);
            }
            print("done");
            "#,
            "done",
        );
    }
}
