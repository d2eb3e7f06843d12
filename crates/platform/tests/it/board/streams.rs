//! The sampler and the fixed-frequency DAC.

use platform::board::{HardwareEvent, OutputChange, SampleFormat, StreamError};

use super::{at, events, hardware, kept, pin};

const PLAIN: SampleFormat = SampleFormat { a_law: false, normalised: false };

const RAMPS: &str = "[pins]\npin5 = { analog = { ramp = { from = 0, to = 1000, over_s = 1 } } }\npin7 = { analog = 7 }";

fn buffer(buffer: usize, samples: &[u16]) -> HardwareEvent {
    HardwareEvent::SamplerBuffer { buffer, bytes: samples.iter().flat_map(|sample| sample.to_le_bytes()).collect() }
}

#[test]
fn the_sampler_fills_buffers_in_turn() {
    let mut hardware = hardware(RAMPS);
    hardware.configure_sampler(vec![pin("pin5")], 10, vec![6, 4], PLAIN).unwrap();
    assert_eq!(hardware.next_event_us(), None);
    hardware.start_sampler().unwrap();
    assert_eq!(
        events(&mut hardware, at(0.9)),
        [
            (300_000, buffer(0, &[0, 100, 200])),
            (500_000, buffer(1, &[300, 400])),
            (800_000, buffer(0, &[500, 600, 700]))
        ]
    );
    let mut hardware = kept(&hardware);
    hardware.stop_sampler();
    assert_eq!(hardware.advance(at(0.9)), [buffer(1, &[800])], "what there is when it stops");
    assert_eq!(hardware.next_event_us(), None);
    hardware.start_sampler().unwrap();
    assert_eq!(events(&mut hardware, at(1.21)), [(1_200_000, buffer(0, &[900, 1000, 1000]))]);
}

#[test]
fn several_pins_are_sampled_in_turn() {
    let mut hardware = hardware(RAMPS);
    hardware.configure_sampler(vec![pin("pin5"), pin("pin7")], 10, vec![8], PLAIN).unwrap();
    hardware.start_sampler().unwrap();
    assert_eq!(events(&mut hardware, at(0.25)), [(200_000, buffer(0, &[0, 7, 100, 7]))]);
    hardware.reset_sampler();
    assert_eq!(hardware.start_sampler(), Err(StreamError::NotConfigured));
}

#[test]
fn samples_can_be_normalised_and_compressed() {
    let mut hardware = hardware(
        "[pins]\npin5 = { analog = { samples = { values = [30000, 32768, 40000], every_s = 0.1, interpolate = false } } }",
    );
    let normalised = SampleFormat { normalised: true, ..PLAIN };
    hardware.configure_sampler(vec![pin("pin5")], 10, vec![6], normalised).unwrap();
    hardware.start_sampler().unwrap();
    assert_eq!(events(&mut hardware, at(0.35)), [(300_000, buffer(0, &[0, 18_140, 65_535]))]);
    // G.711 gives these codes for -2768, 0 and 7232 (of 16 bits).
    hardware.configure_sampler(vec![pin("pin5")], 10, vec![3], SampleFormat { a_law: true, ..PLAIN }).unwrap();
    hardware.advance(at(0.6));
    hardware.start_sampler().unwrap();
    let bytes = match &events(&mut hardware, at(0.95))[..] {
        [(_, HardwareEvent::SamplerBuffer { bytes, .. })] => bytes.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(bytes, [0x10, 0xD5, 0x89]);
}

#[test]
fn wrong_configurations_are_refused() {
    let mut hardware = hardware("");
    assert_eq!(hardware.configure_sampler(vec![], 10, vec![6], PLAIN), Err(StreamError::BadBuffers));
    assert_eq!(hardware.configure_sampler(vec![pin("pin5")], 10, vec![], PLAIN), Err(StreamError::BadBuffers));
    assert_eq!(hardware.configure_sampler(vec![pin("pin5")], 10, vec![1], PLAIN), Err(StreamError::BadBuffers));
    assert_eq!(hardware.configure_sampler(vec![pin("pin5")], 100_000, vec![100], PLAIN), Err(StreamError::BadBuffers));
    assert_eq!(hardware.configure_sampler(vec![pin("pin5")], 0, vec![6], PLAIN), Err(StreamError::BadRate));
    assert_eq!(hardware.configure_dac(pin("pin1"), 2_000_000, vec![], PLAIN), Err(StreamError::BadRate));
    assert_eq!(hardware.start_dac(), Err(StreamError::NotConfigured));
}

#[test]
fn the_dac_plays_its_buffers() {
    let mut hardware = hardware("");
    hardware.watch(true);
    let bytes = |samples: &[u16]| samples.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<u8>>();
    hardware.configure_dac(pin("pin1"), 1000, vec![bytes(&[1, 2]), bytes(&[3])], PLAIN).unwrap();
    hardware.start_dac().unwrap();
    let played = |continues| HardwareEvent::DacBuffer { continues };
    assert_eq!(events(&mut hardware, at(0.0025)), [(2000, played(true))]);
    hardware.add_dac_buffer(bytes(&[4, 5, 6, 7])).unwrap();
    let mut hardware = kept(&hardware);
    assert_eq!(events(&mut hardware, at(0.01)), [(3000, played(true)), (7000, played(false))]);
    hardware.add_dac_buffer(bytes(&[8])).unwrap();
    assert_eq!(events(&mut hardware, at(0.02)), [(11_000, played(false))], "after a gap it goes on");
    let played: Vec<_> = hardware
        .take_outputs()
        .into_iter()
        .map(|output| match output.what {
            OutputChange::Dac { samples, .. } => samples,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(played, [vec![1, 2], vec![3], vec![4, 5, 6, 7], vec![8]]);
    hardware.add_dac_buffer(bytes(&[9])).unwrap();
    hardware.stop_dac();
    assert_eq!(hardware.next_event_us(), None);
}

#[test]
fn the_dac_expands_what_is_compressed() {
    let mut hardware = hardware("");
    hardware.watch(true);
    hardware
        .configure_dac(pin("pin1"), 1000, vec![vec![0xD5, 0x55, 0xAA, 0x2A]], SampleFormat { a_law: true, ..PLAIN })
        .unwrap();
    hardware.start_dac().unwrap();
    hardware.advance(at(1.0));
    // The smallest and the largest values of G.711: ±8 and ±32256 (of 16 bits).
    let samples = vec![32_776, 32_760, 65_024, 512];
    assert_eq!(hardware.take_outputs()[0].what, OutputChange::Dac { pin: pin("pin1"), samples });
}
