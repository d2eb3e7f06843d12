//! How long the disk takes to keep something.

use crate::report::median;
use anyhow::Result;
use std::{fs::File, io::Write, path::Path, time::Instant};

const TIMES: usize = 300;

/// Returns the median time, in microseconds, of appending a page to a file in a directory and waiting for `fdatasync`.
pub fn median_us(directory: &Path) -> Result<f64> {
    let path = directory.join("fsync-probe");
    let mut file = File::create(&path)?;
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let began = Instant::now();
        file.write_all(&[0x5a; 4096])?;
        file.sync_data()?;
        times.push(began.elapsed().as_secs_f64() * 1e6);
    }
    std::fs::remove_file(path)?;
    Ok(median(&times))
}
