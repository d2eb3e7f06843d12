//! Many devices that log all the time, streams that follow most of them, and what history has in the end.

use super::{
    NO_THROTTLE, assign,
    device::{Heard, Identity, Line, Server},
    follow, ms, new_stream,
    stream::{Event, Message, Stream, now_us},
};
use crate::{
    figures::Bench,
    http::Client,
    machine,
    report::{Bound, Figure, Report, quantile},
    site::Added,
};
use anyhow::{Context, Result, bail, ensure};
use memchr::memmem;
use serde_json::Value;
use std::time::Duration;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until, timeout_at},
};

const ACCOUNTS: usize = 10;
const DEVICES_OF_EACH: usize = 10;
/// As many as a stream takes.
const FOLLOWED_OF_EACH: usize = 8;

/// Lines of a device in a second.
const RATE: u32 = 500;

/// Entries of a device that history keeps, by default.
const KEPT: u64 = 1000;

/// How long after the last line was sent the last may arrive.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came to a reader.
#[derive(Default)]
struct Read {
    latencies_us: Vec<u32>,
    messages: u64,
    missing: u64,
    doubled_or_disordered: u64,
    skipped_entries: u64,
}

/// What a device did.
struct Written {
    /// Keeps the device connected.
    line: Line,
    late_us: Vec<u32>,
    ended_us: u64,
}

impl Bench<'_> {
    /// 100 devices with 500 lines a second each, and 10 streams of 8 devices.
    pub fn lines(&self, server: Option<&str>, report: &mut Report) -> Result<()> {
        let seconds = self.arguments.seconds.unwrap_or(60);
        let count = u64::from(seconds) * u64::from(RATE);
        let mut place = self.place(server, "lines")?;
        let database = place.database.name();
        for (name, value) in NO_THROTTLE {
            place.site.set(name, value);
        }
        let mut owners = Vec::new();
        for number in 0..ACCOUNTS {
            let name = format!("lines{number}");
            place.site.add_account(&name)?;
            owners.push((place.site.add_devices_of(&name, DEVICES_OF_EACH)?, name));
        }
        println!(
            "{database}: {} devices × {RATE} lines/s of 80 bytes for {seconds} s; {ACCOUNTS} streams of \
             {FOLLOWED_OF_EACH} devices; {}",
            ACCOUNTS * DEVICES_OF_EACH,
            place.site.settings()
        );
        let running = place.site.start()?;
        let mut accounts = Vec::new();
        for (devices, name) in owners {
            let mut client = running.sign_in_as(&name)?;
            assign(&mut client, &devices)?;
            accounts.push((client, devices));
        }
        let began = (running.processor_s(), machine::own_processor_s());
        let (read, written) = self.runtime.block_on(log(&Server::plain(running.address), &mut accounts, count))?;
        let elapsed_s = written.1;
        #[expect(clippy::cast_precision_loss, reason = "some millions")]
        let rate = (count * (ACCOUNTS * DEVICES_OF_EACH) as u64) as f64 / elapsed_s;
        println!(
            "  processor time: server {:.2} cores, this program {:.2} cores; server resident {} KiB",
            (running.processor_s() - began.0) / elapsed_s,
            (machine::own_processor_s() - began.1) / elapsed_s,
            running.resident_kib()?
        );
        let Read { mut latencies_us, messages, missing, doubled_or_disordered, skipped_entries } = read;
        latencies_us.sort_unstable();
        let [half, most, all] = [0.5, 0.99, 1.0].map(|part| ms(quantile(&latencies_us, part)));
        println!("  device to stream: p50 {half:.1} ms, p99 {most:.1} ms, longest {all:.1} ms, of {messages} lines");
        let mut late_us = written.0;
        late_us.sort_unstable();
        println!(
            "  lines were sent after they were due: p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
            ms(quantile(&late_us, 0.5)),
            ms(quantile(&late_us, 0.99)),
            ms(quantile(&late_us, 1.0))
        );
        println!(
            "  missing {missing}, doubled or disordered {doubled_or_disordered}, `skipped` entries {skipped_entries}"
        );
        let mut wrong = 0;
        for (number, (client, devices)) in accounts.iter_mut().enumerate() {
            for (index, device) in devices.iter().enumerate() {
                wrong += wrong_history(client, device, number * DEVICES_OF_EACH + index, count)?;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "counts")]
        for (name, unit, what, value, bound) in [
            ("lines sent", "lines/s", "by 100 devices", rate, Bound::AtLeast(0.98 * 50_000.0)),
            ("p99 from device to stream", "ms", "80 devices on 10 streams", most, Bound::AtMost(200.0)),
            (
                "lines that did not arrive once and in order",
                "lines",
                "10 streams",
                (missing + doubled_or_disordered + skipped_entries) as f64,
                Bound::AtMost(0.0),
            ),
            ("history that is not the newest 1000", "devices", "of 100", wrong as f64, Bound::AtMost(0.0)),
        ] {
            report.add(Figure::alone(name, unit, what, vec![value]).bound(bound, "").on(database));
        }
        Ok(())
    }
}

/// Lets all devices log, and returns what the streams carried, by how much lines were late, and how long it took.
async fn log(server: &Server, accounts: &mut [(Client, Vec<Added>)], count: u64) -> Result<(Read, (Vec<u32>, f64))> {
    let mut streams = Vec::new();
    let mut lines = Vec::new();
    for (client, devices) in &mut *accounts {
        let id = new_stream(client)?;
        let mut stream = Stream::open(server.address, &format!("/v5/logstream/{id}")).await?;
        stream.wait_for("opened", 1).await?;
        for device in &devices[..FOLLOWED_OF_EACH] {
            follow(client, &id, &device.id)?;
        }
        stream.wait_for("subscribed", FOLLOWED_OF_EACH).await?;
        streams.push(stream);
        for device in devices {
            let identity = Identity::new(lines.len(), &device.id, &device.secret)?;
            lines.push(server.connect(&identity).await?);
        }
    }
    let devices = u32::try_from(lines.len())?;
    let period = Duration::from_secs(1) / RATE;
    // Everybody is ready before anybody begins.
    let start = Instant::now() + Duration::from_millis(200);
    let start_us = now_us() + 200_000;
    let deadline = start + period * u32::try_from(count)? + PATIENCE;
    let (mut readers, mut writers) = (JoinSet::new(), JoinSet::new());
    for stream in streams {
        readers.spawn(read(stream, count, deadline));
    }
    for (device, line) in lines.into_iter().enumerate() {
        // Spread over the period: devices do not know of each other.
        let start = start + period * u32::try_from(device)? / devices;
        writers.spawn(write(line, device, count, start, period));
    }
    let (mut late_us, mut ended_us, mut connected) = (Vec::new(), start_us, Vec::new());
    while let Some(written) = writers.join_next().await {
        let written = written??;
        late_us.extend(written.late_us);
        ended_us = ended_us.max(written.ended_us);
        connected.push(written.line);
    }
    let mut all = Read::default();
    while let Some(read) = readers.join_next().await {
        let read = read??;
        all.latencies_us.extend(read.latencies_us);
        all.messages += read.messages;
        all.missing += read.missing;
        all.doubled_or_disordered += read.doubled_or_disordered;
        all.skipped_entries += read.skipped_entries;
    }
    drop(connected);
    Ok((all, (late_us, Duration::from_micros(ended_us - start_us).as_secs_f64())))
}

/// Logs so many lines, each when it is due, or as soon after that as the machine allows.
async fn write(mut line: Line, device: usize, count: u64, start: Instant, period: Duration) -> Result<Written> {
    let (mut late_us, mut bytes) = (Vec::with_capacity(usize::try_from(count)?), Vec::new());
    for number in 1..=count {
        let due = start + period * u32::try_from(number - 1)?;
        while Instant::now() < due {
            tokio::select! {
                () = sleep_until(due) => {}
                heard = line.heard() => if let Heard::End(close) = heard? {
                    bail!("the server ended the connection of a device: {close:?}");
                },
            }
        }
        late_us.push(u32::try_from(due.elapsed().as_micros())?);
        bytes.clear();
        line.push_log(&mut bytes, Message { device, number, stamp_us: now_us() }.text().as_bytes(), false)?;
        line.write(&bytes).await?;
    }
    Ok(Written { line, late_us, ended_us: now_us() })
}

/// Reads a stream until all lines have come, or the time is over.
async fn read(mut stream: Stream, count: u64, deadline: Instant) -> Result<Read> {
    let skipped = memmem::Finder::new("skipped: reader too slow");
    let expected = count * FOLLOWED_OF_EACH as u64;
    let mut read = Read::default();
    let mut last = [0; ACCOUNTS * DEVICES_OF_EACH];
    // The last of each device have come, whatever was lost before.
    while last.iter().sum::<u64>() < expected {
        let some = stream.read(|event| match event {
            Event::Message(Message { device, number, stamp_us }) => {
                let last = &mut last[device];
                read.messages += 1;
                if number > *last {
                    read.missing += number - *last - 1;
                    *last = number;
                } else {
                    read.doubled_or_disordered += 1;
                }
                read.latencies_us.push(u32::try_from(now_us() - stamp_us).unwrap_or(u32::MAX));
            }
            Event::Other(text) => read.skipped_entries += u64::from(skipped.find(text).is_some()),
        });
        let Ok(goes_on) = timeout_at(deadline, some).await else {
            read.missing += expected - last.iter().sum::<u64>();
            break;
        };
        ensure!(goes_on?, "a stream ended");
    }
    Ok(read)
}

/// Says 1 if the history of a device is not what it must be: as many entries as are kept, the newest lines, newest
/// first.
fn wrong_history(client: &mut Client, device: &Added, number: usize, count: u64) -> Result<u64> {
    let mut texts = Vec::new();
    for page in 1.. {
        let path = format!("/v5/devices/{}/logs?page[size]=100&page[number]={page}", device.id);
        let entries = client.get(&path)?;
        let entries = entries["data"].as_array().context("no data")?;
        texts.extend(entries.iter().map(|entry| entry["msg"].as_str().unwrap_or_default().to_owned()));
        if entries.len() < 100 {
            break;
        }
    }
    // The platform's own lines are there too: that the device connected, and that it went.
    let is_ours = |text: &String| Message::parse(text.as_bytes());
    let lines: Vec<Message> = texts.iter().filter_map(is_ours).collect();
    let others = (texts.len() - lines.len()) as u64;
    let expected = (1..=count).rev().take(lines.len());
    let is_newest = lines.iter().zip(expected).all(|(line, number)| line.number == number);
    let is_ours = lines.iter().all(|line| line.device == number);
    let is_trimmed = texts.len() as u64 <= KEPT && lines.len() as u64 >= count.min(KEPT - others.min(KEPT));
    if is_newest && is_ours && is_trimmed {
        return Ok(0);
    }
    println!(
        "  history of {}: {} entries, of which {} lines from {:?} to {:?}; {} were sent; newest entry: {}",
        device.id,
        texts.len(),
        lines.len(),
        lines.first().map(|line| line.number),
        lines.last().map(|line| line.number),
        count,
        texts.first().map_or_else(|| Value::Null.to_string(), Clone::clone)
    );
    Ok(1)
}
