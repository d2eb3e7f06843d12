//! The sampler and the fixed-frequency DAC.

use std::fmt;

use super::{
    super::{
        names::Pin,
        streams::{Dac, SampleFormat, Sampler},
    },
    Hardware, HardwareEvent, OutputChange,
};

/// What the sampler and the DAC refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamError {
    /// A rate that is not from 1 Hz to 1 MHz.
    BadRate,
    /// No pins or buffers, or a buffer that is full within a millisecond.
    BadBuffers,
    /// It has to be configured first.
    NotConfigured,
    /// A real pin, which has levels only.
    BadPin,
}

impl fmt::Display for StreamError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            StreamError::BadRate => "rate is not from 1 to 1000000 Hz",
            StreamError::BadBuffers => "buffers are too small",
            StreamError::NotConfigured => "not configured",
            StreamError::BadPin => "pin is not analog",
        })
    }
}

impl std::error::Error for StreamError {}

/// Buffers that are full sooner would keep the simulation from getting on, and a real imp's program could not keep up.
const SHORTEST_US: i64 = 1000;

fn check_rate(rate_hz: u32) -> Result<(), StreamError> {
    if (1..=1_000_000).contains(&rate_hz) { Ok(()) } else { Err(StreamError::BadRate) }
}

impl Hardware {
    /// Has the sampler take so many samples of each pin a second, into buffers of these sizes in turn.
    ///
    /// # Errors
    /// [`StreamError::BadRate`], [`StreamError::BadBuffers`], [`StreamError::BadPin`]
    pub fn configure_sampler(
        &mut self,
        pins: Vec<Pin>,
        rate_hz: u32,
        buffer_bytes: Vec<usize>,
        format: SampleFormat,
    ) -> Result<(), StreamError> {
        check_rate(rate_hz)?;
        if pins.iter().any(|&pin| self.is_real_pin(pin)) {
            return Err(StreamError::BadPin);
        }
        if pins.is_empty() || buffer_bytes.is_empty() {
            return Err(StreamError::BadBuffers);
        }
        let sampler = Sampler::new(pins, rate_hz, buffer_bytes, format);
        if sampler.shortest_us() < SHORTEST_US {
            return Err(StreamError::BadBuffers);
        }
        self.state.sampler = Some(sampler);
        Ok(())
    }

    /// Starts the sampler.
    ///
    /// # Errors
    /// [`StreamError::NotConfigured`]
    pub fn start_sampler(&mut self) -> Result<(), StreamError> {
        let now_us = self.state.now_us;
        self.state.sampler.as_mut().ok_or(StreamError::NotConfigured)?.start(now_us);
        Ok(())
    }

    /// Stops the sampler; what is in the buffer comes as an event.
    pub fn stop_sampler(&mut self) {
        let Some(mut sampler) = self.state.sampler.take() else { return };
        if let Some((buffer, bytes)) = sampler.stop(self.state.now_us, |pin, at_us| self.analog_level(pin, at_us)) {
            self.state.events.push(HardwareEvent::SamplerBuffer { buffer, bytes });
        }
        self.state.sampler = Some(sampler);
    }

    /// Forgets how the sampler was configured.
    pub fn reset_sampler(&mut self) {
        self.state.sampler = None;
    }

    /// Has the DAC play so many samples a second on a pin, from these buffers first.
    ///
    /// # Errors
    /// [`StreamError::BadRate`], [`StreamError::BadPin`]
    pub fn configure_dac(
        &mut self,
        pin: Pin,
        rate_hz: u32,
        buffers: Vec<Vec<u8>>,
        format: SampleFormat,
    ) -> Result<(), StreamError> {
        check_rate(rate_hz)?;
        if self.is_real_pin(pin) {
            return Err(StreamError::BadPin);
        }
        self.state.dac = Some(Dac::new(pin, rate_hz, buffers, format));
        Ok(())
    }

    /// Starts the DAC.
    ///
    /// # Errors
    /// [`StreamError::NotConfigured`]
    pub fn start_dac(&mut self) -> Result<(), StreamError> {
        let now_us = self.state.now_us;
        self.state.dac.as_mut().ok_or(StreamError::NotConfigured)?.start(now_us);
        Ok(())
    }

    /// Gives the DAC another buffer, to play after those that it has.
    ///
    /// # Errors
    /// [`StreamError::NotConfigured`]
    pub fn add_dac_buffer(&mut self, bytes: Vec<u8>) -> Result<(), StreamError> {
        let now_us = self.state.now_us;
        self.state.dac.as_mut().ok_or(StreamError::NotConfigured)?.add(bytes, now_us);
        Ok(())
    }

    /// How many bytes wait to be played.
    pub fn dac_waiting_bytes(&self) -> usize {
        self.state.dac.as_ref().map_or(0, Dac::waiting_bytes)
    }

    /// Stops the DAC; its buffers are forgotten.
    pub fn stop_dac(&mut self) {
        if let Some(dac) = &mut self.state.dac {
            dac.stop();
        }
    }

    pub(super) fn step_streams(&mut self) {
        let now_us = self.state.now_us;
        if let Some(mut sampler) = self.state.sampler.take() {
            if sampler.next_us().is_some_and(|at_us| at_us <= now_us) {
                let (buffer, bytes) = sampler.fill(|pin, at_us| self.analog_level(pin, at_us));
                self.state.events.push(HardwareEvent::SamplerBuffer { buffer, bytes });
            }
            self.state.sampler = Some(sampler);
        }
        if let Some(dac) = self.state.dac.as_mut().filter(|dac| dac.next_us().is_some_and(|at_us| at_us <= now_us)) {
            let (samples, continues) = dac.finish(now_us);
            let pin = dac.pin;
            self.state.events.push(HardwareEvent::DacBuffer { continues });
            self.output(OutputChange::Dac { pin, samples });
        }
    }
}
