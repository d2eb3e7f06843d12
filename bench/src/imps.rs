//! Figures of imps: messages to their agents and back, and how soon a thousand virtual imps are there, and what they weigh.

use crate::{
    agents::all_run,
    figures::{Bench, Place},
    live::{
        assign,
        device::{Identity, Line, Server},
        ms,
    },
    report::{Bound, Figure, Report, quantile},
    site::Added,
};
use anyhow::{Context, Result, bail, ensure};
use impstead_device_protocol::Value as Data;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// The agent's half: what comes goes back.
const ECHO: &str = r#"device.on("ping", function(data) { device.send("pong", data); });"#;

/// The device's half where that is a program: so many round trips, one after the other, and then their times in microseconds.
const ASK: &str = r#"
const ROUNDS = 5000;
times <- [];
sent <- 0;
function ask() {
    sent = hardware.micros();
    agent.send("ping", times.len());
}
agent.on("pong", function(number) {
    times.push(hardware.micros() - sent);
    if (times.len() < ROUNDS) return ask();
    times.sort();
    server.log("took " + times[ROUNDS / 2] + " " + times[ROUNDS * 99 / 100]);
});
ask();
"#;

/// What each of many imps does: it says that it runs, and looks at something now and then.
const RUN: &str = r#"
function look() {
    imp.wakeup(60, look);
    agent.send("reading", { "volts": hardware.voltage(), "at": time() });
}
imp.wakeup(60, look);
server.log("runs");
"#;

/// Imps that start at once.
const MANY: usize = 1000;

/// Devices that ask at once, and how many messages each has under way.
const ASKERS: usize = 100;
const UNDER_WAY: u32 = 8;

/// How often starts are measured.
const STARTS: u32 = 3;

/// Before memory is looked at.
const REST: Duration = Duration::from_secs(3);

/// Longest wait for a line of an imp's log.
const PATIENCE: Duration = Duration::from_secs(120);

impl Bench<'_> {
    /// All figures of imps.
    pub fn imps(&self, server: Option<&str>, report: &mut Report) -> Result<()> {
        self.round_trips(server, report)?;
        self.program_to_program(server, report)?;
        self.many_imps(server, report)
    }

    /// From a device of the bench's own to its agent and back: one after the other, and many at once.
    fn round_trips(&self, server: Option<&str>, report: &mut Report) -> Result<()> {
        let (place, devices) = self.with_imps(server, "trips", ASKERS, ECHO, "")?;
        let database = place.database.name();
        let running = place.site.start()?;
        all_run(&running)?;
        let while_ = Duration::from_secs(self.arguments.seconds.unwrap_or(3).into());
        let server = Server::plain(running.address);
        let mut halves = Vec::new();
        let mut rates = Vec::new();
        self.runtime.block_on(async {
            let mut lines = Vec::new();
            for (number, device) in devices.iter().enumerate() {
                lines.push(server.connect(&Identity::new(number, &device.id, &device.secret)?).await?);
            }
            for _ in 0..self.arguments.rounds {
                let mut times_us = trips(&mut lines[0], 1, while_).await?;
                times_us.sort_unstable();
                let [half, most] = [0.5, 0.99].map(|part| quantile(&times_us, part));
                println!("  {database}: one device: p50 {half} µs, p99 {most} µs, of {} round trips", times_us.len());
                halves.push(f64::from(half));
                let (began, mut asking) = (Instant::now(), JoinSet::new());
                for mut line in lines.drain(..) {
                    asking.spawn(async move {
                        let times_us = trips(&mut line, UNDER_WAY, while_).await?;
                        anyhow::Ok((line, times_us))
                    });
                }
                let mut times_us = Vec::new();
                while let Some(asked) = asking.join_next().await {
                    let (line, times) = asked??;
                    times_us.extend(times);
                    lines.push(line);
                }
                #[expect(clippy::cast_precision_loss, reason = "some millions")]
                let messages = 2.0 * times_us.len() as f64 / began.elapsed().as_secs_f64();
                times_us.sort_unstable();
                let [half, most] = [0.5, 0.99].map(|part| ms(quantile(&times_us, part)));
                println!(
                    "  {database}: {ASKERS} devices, {UNDER_WAY} under way each: p50 {half:.1} ms, p99 {most:.1} ms"
                );
                rates.push(messages);
            }
            anyhow::Ok(())
        })?;
        let figure = Figure::alone("device to agent and back, one device", "µs", "p50 of a round trip", halves);
        report.add(figure.bound(Bound::AtMost(300.0), "150").on(database));
        let name = format!("device to agent and back, {ASKERS} devices");
        let figure = Figure::alone(name, "messages/s", "there and back, each counted", rates);
        report.add(figure.bound(Bound::AtLeast(20_000.0), "40,000").on(database));
        Ok(())
    }

    /// From the program of a virtual imp, in a process of its own, to its agent and back.
    fn program_to_program(&self, server: Option<&str>, report: &mut Report) -> Result<()> {
        let (place, devices) = self.with_imps(server, "programs", 1, ECHO, ASK)?;
        let database = place.database.name();
        let running = place.site.start()?;
        all_run(&running)?;
        let mut halves = Vec::new();
        for _ in 0..self.arguments.rounds {
            let mut imps = place.site.start_imps(&running, &devices)?;
            let line = imps.wait_for("took ", 1, PATIENCE)?;
            let mut times = line.split(' ').rev().map(str::parse::<f64>);
            let (most, half) = (times.next().context("no time")??, times.next().context("no time")??);
            println!("  {database}: from program to program: p50 {half} µs, p99 {most} µs");
            halves.push(half);
        }
        let name = "a virtual imp's program to its agent's and back";
        let figure = Figure::alone(name, "µs", "p50 of a round trip", halves);
        report.add(figure.bound(Bound::AtMost(300.0), "150").on(database));
        Ok(())
    }

    /// Many virtual imps in one process: from its start until all of them run, and what each weighs then.
    fn many_imps(&self, server: Option<&str>, report: &mut Report) -> Result<()> {
        let (place, devices) = self.with_imps(server, "many_imps", MANY, ECHO, RUN)?;
        let database = place.database.name();
        let running = place.site.start()?;
        all_run(&running)?;
        let alone = {
            let mut imps = place.site.start_imps(&running, &devices[..1])?;
            imps.wait_for("runs", 1, PATIENCE)?;
            std::thread::sleep(REST);
            imps.resident_kib()?
        };
        let (mut times, mut each) = (Vec::new(), Vec::new());
        for _ in 0..STARTS {
            let began = Instant::now();
            let mut imps = place.site.start_imps(&running, &devices)?;
            imps.wait_for("runs", MANY, PATIENCE)?;
            times.push(began.elapsed().as_secs_f64());
            println!(
                "  {database}: {MANY} run after {:.2} s; processor time: imps {:.1} s",
                began.elapsed().as_secs_f64(),
                imps.processor_s()
            );
            std::thread::sleep(REST);
            #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
            each.push((imps.resident_kib()?.saturating_sub(alone)) as f64 / (MANY - 1) as f64);
        }
        let name = format!("{MANY} virtual imps boot, connect and run");
        let figure = Figure::alone(name, "s", "from their process's start to the last one's log", times);
        report.add(figure.bound(Bound::AtMost(10.0), "3").on(database));
        let name = format!("memory of a virtual imp, of {MANY}");
        let figure = Figure::alone(name, "KiB", "VmRSS, less that of a process with one", each);
        report.add(figure.bound(Bound::AtMost(100.0), "40").on(database));
        Ok(())
    }

    /// Makes a site with devices in a group that have code.
    fn with_imps(
        &self,
        server: Option<&str>,
        name: &str,
        count: usize,
        agent_code: &str,
        device_code: &str,
    ) -> Result<(Place, Vec<Added>)> {
        let place = self.place(server, &format!("imps_{name}"))?;
        let devices = place.site.add_devices_of("bench", count)?;
        let running = place.site.start()?;
        let mut client = running.sign_in()?;
        let group = assign(&mut client, &devices)?;
        let deployment = json!({ "data": {
            "type": "deployment",
            "attributes": { "agent_code": agent_code, "device_code": device_code },
            "relationships": { "devicegroup": { "type": "development_devicegroup", "id": group } },
        } });
        client.send("POST", "/v5/deployments", Some(&deployment))?.expect(201)?;
        running.stop()?;
        Ok((place, devices))
    }
}

/// Round trips for a while, but one at least, with so many under way. Returns their times in microseconds.
async fn trips(line: &mut Line, under_way: u32, while_: Duration) -> Result<Vec<u32>> {
    let began = Instant::now();
    let now_us = || i32::try_from(began.elapsed().as_micros());
    let mut times_us = Vec::new();
    let mut open = 0;
    while open < under_way {
        line.tell_agent(b"ping", Data::Int(now_us()?)).await?;
        open += 1;
    }
    while open > 0 {
        let Data::Int(sent_us) = line.told_by_agent().await? else { bail!("something else came back") };
        times_us.push(u32::try_from(now_us()? - sent_us)?);
        open -= 1;
        if began.elapsed() < while_ {
            line.tell_agent(b"ping", Data::Int(now_us()?)).await?;
            open += 1;
        }
    }
    ensure!(!times_us.is_empty(), "nothing came back");
    Ok(times_us)
}
