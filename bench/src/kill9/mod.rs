//! Kills the server in the middle of writes, over and over, and checks that what it acknowledged is there and whole.
//!
//! Each writer owns its products, groups and devices, and records what the server acknowledged. At a kill at most one
//! write of each writer is in doubt: it may have happened or not, but not by half. The data live on through all cycles,
//! so that an old write that a later crash damages is found too.

mod check;
mod records;
mod writer;

use crate::{
    database::On,
    figures::{Place, place},
    http::Client,
    site::Running,
};
use anyhow::{Context, Result, anyhow};
use clap::Args;
use serde_json::json;
use std::{fs, path::PathBuf, thread, time::Duration};
use writer::Writer;

/// Devices of each writer.
const DEVICES: usize = 6;

/// Longest time from the first write to the kill.
const LONGEST_MS: u64 = 400;

/// Kills after which the tables themselves are looked at.
const KILLS_PER_LOOK: u32 = 25;

#[derive(Args)]
pub struct Kill9Args {
    /// How often to kill the server on each database
    #[arg(long, default_value_t = 200)]
    cycles: u32,
    /// Clients that write at once
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// The server to kill
    #[arg(long, default_value = "target/release/impstead")]
    binary: PathBuf,
    /// Where data and report go
    #[arg(long, default_value = "target/bench")]
    directory: PathBuf,
    /// Which databases; PostgreSQL comes through scripts/with-postgres.sh
    #[arg(long, value_enum, default_value_t = On::Both)]
    on: On,
    /// What decides the writes and the moments of the kills [default: a random one, printed]
    #[arg(long)]
    seed: Option<u64>,
}

/// What happened over all cycles.
#[derive(Default)]
struct Tally {
    acknowledged: u64,
    in_doubt: u64,
    happened: u64,
    kills_at_start: u32,
}

/// Runs the cycles on each database.
pub fn run(arguments: &Kill9Args) -> Result<()> {
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("kill9: seed {seed}, {} cycles, {} clients", arguments.cycles, arguments.clients);
    let mut results = Vec::new();
    for server in arguments.on.servers() {
        // A directory of its own, so that several runs do not meet.
        let work = arguments.directory.join(format!("kill9-{}", std::process::id()));
        let place = place(&arguments.binary, &work, server.as_deref(), "kill9")?;
        let name = place.database.name();
        let Tally { acknowledged, in_doubt, happened, kills_at_start } = cycles(arguments, &place, seed)
            .with_context(|| format!("on {name}, with --seed {seed}; data and log are in {}", work.display()))?;
        println!(
            "kill9: {name}: {} kills, {acknowledged} acknowledged writes, 0 lost, 0 half applied; {in_doubt} were in \
             doubt, of which {happened} had happened; {kills_at_start} more kills while the server started",
            arguments.cycles
        );
        results.push(json!({
            "database": name, "kills": arguments.cycles, "clients": arguments.clients, "acknowledged": acknowledged,
            "lost": 0, "in_doubt": in_doubt, "happened": happened, "kills_at_start": kills_at_start,
        }));
        fs::remove_dir_all(&work)?;
    }
    let report = serde_json::to_string_pretty(&json!({ "seed": seed, "results": results }))?;
    fs::write(arguments.directory.join("kill9.json"), report + "\n")?;
    Ok(())
}

fn cycles(arguments: &Kill9Args, place: &Place, seed: u64) -> Result<Tally> {
    let Place { site, database } = place;
    let mut random = fastrand::Rng::with_seed(seed);
    let mut tally = Tally::default();
    let devices = site.add_devices(arguments.clients * DEVICES)?;
    let parts = devices.chunks(DEVICES).enumerate();
    let mut writers: Vec<Writer> = parts.map(|(number, devices)| Writer::new(number, devices)).collect();
    let mut client = site.start()?.sign_in()?;
    for kill in 1..=arguments.cycles {
        database.wait_until_unused()?;
        let running = site.start()?;
        client = client.another(running.address);
        write_and_kill(&mut writers, &client, running, &mut random)?;
        database.wait_until_unused()?;

        // Recovery is a moment to be killed at too.
        if random.u8(0..4) == 0 {
            let mut starting = site.spawn()?;
            thread::sleep(Duration::from_millis(random.u64(0..60)));
            starting.kill()?;
            starting.wait()?;
            tally.kills_at_start += 1;
            database.wait_until_unused()?;
        }

        let running = site.start()?;
        client = client.another(running.address);
        let is_last = kill == arguments.cycles;
        check::after_kill(&mut client, &mut writers, &mut random, is_last, &mut tally)
            .with_context(|| format!("after kill {kill}"))?;
        drop(running);
        if is_last || kill % KILLS_PER_LOOK == 0 {
            database.check().with_context(|| format!("after kill {kill}"))?;
            println!("kill9: {}: {kill} of {} kills survived", database.name(), arguments.cycles);
        }
    }
    Ok(tally)
}

/// Lets all writers write until the server is killed at a random moment.
fn write_and_kill(writers: &mut [Writer], client: &Client, running: Running, random: &mut fastrand::Rng) -> Result<()> {
    let moment = Duration::from_millis(random.u64(5..LONGEST_MS));
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for writer in writers {
            let (client, random) = (client.another(running.address), random.fork());
            threads.push(scope.spawn(move || writer.write_until_cut_off(client, random)));
        }
        thread::sleep(moment);
        running.kill()?;
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| anyhow!("a writer panicked"))?)
    })
}
