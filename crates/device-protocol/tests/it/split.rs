use crate::generate::Random;
use impstead_device_protocol::{BadLength, MAX_FRAME_BYTES, Splitter, prefixed};

#[test]
fn frames_come_out_however_the_pipe_cuts_them() {
    for seed in 0..500 {
        let mut random = Random::new(seed);
        let frames: Vec<Vec<u8>> = (0..random.below(20))
            .map(|_| {
                let mut frame = random.bytes(300);
                frame.push(7);
                frame
            })
            .collect();
        let pipe: Vec<u8> = frames.iter().flat_map(|frame| prefixed(frame)).collect();
        let (mut splitter, mut found, mut left) = (Splitter::new(300), Vec::new(), &pipe[..]);
        while !left.is_empty() {
            let most = [1, 3, 50, 5000][random.below(4)];
            let (mut part, rest) = left.split_at((1 + random.below(most)).min(left.len()));
            left = rest;
            while let Some(frame) = splitter.next(&mut part).unwrap() {
                found.push(frame);
            }
            assert!(part.is_empty());
        }
        assert_eq!(found, frames, "seed {seed}");
        assert!(!splitter.is_within_frame());
    }
}

#[test]
fn a_length_is_checked_before_anything_is_held() {
    let mut splitter = Splitter::new(10);
    assert_eq!(splitter.next(&mut &[11, 0, 0, 0, 1][..]), Err(BadLength::TooLong { length: 11, limit: 10 }));
    assert_eq!(splitter.next(&mut &[1][..]), Err(BadLength::TooLong { length: 11, limit: 10 }));
    assert_eq!(Splitter::new(10).next(&mut &[0; 4][..]), Err(BadLength::Empty));
    let length = u32::MAX;
    let limit = MAX_FRAME_BYTES;
    assert_eq!(Splitter::new(usize::MAX).next(&mut &[0xff; 9][..]), Err(BadLength::TooLong { length, limit }));
}

#[test]
fn a_limit_may_be_raised_after_the_handshake() {
    let mut splitter = Splitter::new(2);
    let pipe = [prefixed(&[1, 2]), prefixed(&[3; 100])].concat();
    let mut left = &pipe[..];
    assert_eq!(splitter.next(&mut left), Ok(Some(vec![1, 2])));
    splitter.set_limit(100);
    assert_eq!(splitter.next(&mut left), Ok(Some(vec![3; 100])));
    assert_eq!(splitter.next(&mut left), Ok(None));
    assert_eq!(splitter.next(&mut &[5, 0][..]), Ok(None));
    assert!(splitter.is_within_frame());
}
