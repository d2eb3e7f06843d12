//! SPI flash.

use platform::board::{Flash, FlashError, SECTOR_BYTES, Verified, Verify};

const NEITHER: Verify = Verify { before: false, after: false };
const BEFORE: Verify = Verify { before: true, after: false };
const AFTER: Verify = Verify { before: false, after: true };

#[test]
fn writing_only_clears_bits() {
    let mut flash = Flash::new(16 * SECTOR_BYTES);
    assert_eq!(flash.read(0, 3), Ok(vec![0xFF; 3]));
    assert_eq!(flash.write(1, &[0xF0], NEITHER), Ok(Verified::Good));
    assert_eq!(flash.write(1, &[0x3C], NEITHER), Ok(Verified::Good));
    assert_eq!(flash.read(0, 3), Ok(vec![0xFF, 0x30, 0xFF]));
}

#[test]
fn verification_says_what_could_not_be() {
    let mut flash = Flash::new(16 * SECTOR_BYTES);
    flash.write(0, b"\x0F\x0F", BEFORE).unwrap();
    assert_eq!(flash.write(0, b"\x01\xF1", BEFORE), Ok(Verified::BadBefore));
    assert_eq!(flash.read(0, 2), Ok(b"\x0F\x0F".to_vec()));
    assert_eq!(flash.write(0, b"\x01\x02", AFTER), Ok(Verified::Good));
    assert_eq!(flash.write(0, b"\x03\x02", AFTER), Ok(Verified::BadAfter));
    assert_eq!(flash.read(0, 2), Ok(b"\x01\x02".to_vec()));
}

#[test]
fn sectors_are_erased_whole() {
    let mut flash = Flash::new(16 * SECTOR_BYTES);
    let across = 2 * SECTOR_BYTES - 2;
    flash.write(across, b"abcd", NEITHER).unwrap();
    flash.erase_sector(2 * SECTOR_BYTES).unwrap();
    assert_eq!(flash.read(across, 4), Ok(b"ab\xFF\xFF".to_vec()));
    assert_eq!(flash.erase_sector(2 * SECTOR_BYTES + 1), Err(FlashError::NotASector));
    flash.erase();
    assert_eq!(flash, Flash::new(16 * SECTOR_BYTES));
}

#[test]
fn addresses_end() {
    let mut flash = Flash::new(4 * SECTOR_BYTES + 5);
    assert_eq!(flash.size_bytes(), 4 * SECTOR_BYTES);
    assert_eq!(flash.read(4 * SECTOR_BYTES, 0), Ok(vec![]));
    assert_eq!(flash.read(4 * SECTOR_BYTES - 1, 2), Err(FlashError::OutOfRange));
    assert_eq!(flash.read(u32::MAX, 2), Err(FlashError::OutOfRange));
    assert_eq!(flash.write(4 * SECTOR_BYTES - 1, b"ab", NEITHER), Err(FlashError::OutOfRange));
    assert_eq!(flash.erase_sector(4 * SECTOR_BYTES), Err(FlashError::OutOfRange));
}

#[test]
fn it_takes_no_more_room_than_what_is_written() {
    let mut flash = Flash::new(64 << 20);
    assert!(postcard::to_allocvec(&flash).unwrap().len() < 16);
    flash.write(40 << 20, b"here", NEITHER).unwrap();
    let bytes = postcard::to_allocvec(&flash).unwrap();
    assert!(bytes.len() < 10_000);
    assert_eq!(postcard::from_bytes::<Flash>(&bytes), Ok(flash));
}
