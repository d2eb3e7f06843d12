//! Figures of agents: one of them answering, many in turn, what they weigh, how fast they keep data, and how soon they are
//! back.
//!
//! The peer is workerd, with a Durable Object for each agent.

mod visits;
mod workerd;

use crate::{
    bare,
    figures::{Bench, Place},
    http::Client,
    live::assign,
    report::{Bound, Figure, Report, median},
    site::Running,
};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use visits::Visitors;
use workerd::Workerd;

/// What an agent and an object of the peer do: count in memory, and answer.
const HELLO: &str = r#"count <- 0;
http.onrequest(function(request, response) {
    count++;
    response.send(200, "hello");
});
"#;

/// Answers once the count is kept.
const SAVE: &str = r#"count <- 0;
http.onrequest(function(request, response) {
    count++;
    server.save({ count = count });
    response.send(200, "saved");
});
"#;

/// Agents that are visited in turn, and connections for it.
const IN_TURN: usize = 5000;
const VISITORS: usize = 32;

/// Passes after the first one; the median counts.
const LATER_PASSES: usize = 5;

/// Agents that save at once.
const SAVERS: usize = 64;

/// Restarts that are measured.
const RESTARTS: u32 = 3;

/// How long the server is left alone before its memory is looked at.
const REST: Duration = Duration::from_secs(3);

/// Longest time for all agents to be there, or asleep.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two looks whether they are.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Settings without which agents refuse most of what is asked of them here.
const NO_THROTTLE: [(&str, u32); 2] =
    [("IMPSTEAD_AGENT_REQUEST_BURST", 1_000_000_000), ("IMPSTEAD_AGENT_REQUESTS_PER_S", 1_000_000_000)];

/// After how long an idle agent hibernates, in seconds: never in these figures, and soon.
const HIBERNATE_AFTER: &str = "IMPSTEAD_AGENT_HIBERNATE_AFTER_S";
const NEVER: u32 = 0;
const SOON: u32 = 5;

/// Devices on a page of the API.
const PAGE: usize = 100;

impl Bench<'_> {
    /// All figures of agents.
    pub fn agents(&self, server: Option<&str>, report: &mut Report) -> Result<()> {
        report.configuration.insert("workerd", Workerd::about(&self.arguments.workerd));
        println!("     workerd: {}", Workerd::about(&self.arguments.workerd));
        self.hot(server, report)?;
        self.in_turn_of_many(server, report)?;
        self.saving(server, report)?;
        self.with_agents(server, "resident", self.arguments.fleet)?.weigh(report)?;
        let mut agents = self.with_agents(server, "back", self.arguments.fleet)?;
        agents.deploy(HELLO)?;
        agents.back(report)?;
        agents.wake(report)
    }

    /// One agent that answers all the time, beside a bare handler and the peer.
    fn hot(&self, server: Option<&str>, report: &mut Report) -> Result<()> {
        let agents = self.with_agents(server, "hot", 1)?;
        agents.deploy(HELLO)?;
        let (running, address) = agents.start()?;
        all_run(&running)?;
        let path = &agents.paths[0];
        let workerd = self.workerd()?;
        let bare = bare::start(&self.work, b"hello", "text/plain")?;
        let get = |address| self.wrk.get(address, path, "none", self.arguments.connections);
        let mut series = [const { Vec::new() }; 3];
        for round in 0..=self.arguments.rounds {
            for (series, address) in series.iter_mut().zip([bare.address, workerd.address, address]) {
                let per_s = get(address)?.per_s();
                // The first is for warmth.
                if round > 0 {
                    series.push(per_s);
                }
            }
        }
        let [bare, workerd, ours] = series;
        let database = agents.place.database.name();
        let name = "one hot agent";
        let figure = Figure::new(name, "requests/s", ("bare handler", bare), ("impstead", ours.clone()));
        report.add(figure.bound(Bound::AtLeast(0.35), "0.50").on(database));
        let figure = Figure::new(name, "requests/s", ("workerd", workerd), ("impstead", ours));
        report.add(figure.bound(Bound::AtLeast(3.0), "4").on(database));
        Ok(())
    }

    /// Many agents in turn, beside the peer: the first pass after a start, and later ones.
    fn in_turn_of_many(&self, server: Option<&str>, report: &mut Report) -> Result<()> {
        let mut agents = self.with_agents(server, "turn", IN_TURN)?;
        agents.deploy(HELLO)?;
        let database = agents.place.database.name();
        let (mut later, kinds) = (Rates::default(), [(NEVER, "running, never asked"), (SOON, "hibernated")]);
        for (after, how) in kinds {
            agents.place.site.set(HIBERNATE_AFTER, after);
            let mut first = Rates::default();
            for _ in 0..self.arguments.rounds {
                let (running, address) = agents.start()?;
                all_run(&running)?;
                if after != NEVER {
                    ensure!(all_hibernate(&running, IN_TURN)?, "this server's agents do not hibernate");
                }
                let ours = passes(address, &agents.paths)?;
                running.stop()?;
                let workerd = self.workerd()?;
                let theirs = passes(workerd.address, &agents.paths)?;
                first.push(theirs.0, ours.0);
                later.push(theirs.1, ours.1);
            }
            let name = format!("{IN_TURN} agents in turn, first touch ({how})");
            report.add(first.figure(name).bound(Bound::AtLeast(5.0), "20").on(database));
        }
        let name = format!("{IN_TURN} agents in turn, warm");
        report.add(later.figure(name).bound(Bound::AtLeast(3.0), "4").on(database));
        Ok(())
    }

    /// Agents that save all the time, each answering once what it saved is durable.
    fn saving(&self, server: Option<&str>, report: &mut Report) -> Result<()> {
        let agents = self.with_agents(server, "saving", SAVERS)?;
        agents.deploy(SAVE)?;
        let (_running, address) = agents.start()?;
        all_answer(address, &agents.paths)?;
        let mut visitors = Visitors::connect(address, &agents.paths, SAVERS)?;
        let seconds = Duration::from_secs(self.arguments.seconds.unwrap_or(3).into());
        let mut rates = Vec::new();
        for _ in 0..self.arguments.rounds {
            let visits = visitors.visit((0..SAVERS).collect(), seconds)?.all_answered()?;
            println!("  saves: p50 {:.1} ms, p99 {:.1} ms", visits.quantile_ms(0.5), visits.quantile_ms(0.99));
            rates.push(visits.per_s());
        }
        // The goal is for the embedded database.
        let bound = if server.is_none() { Bound::AtLeast(5000.0) } else { Bound::None };
        let figure = Figure::alone(format!("durable server.save, {SAVERS} agents"), "saves/s", "impstead", rates);
        report.add(figure.bound(bound, "10,000").on(agents.place.database.name()));
        Ok(())
    }

    fn workerd(&self) -> Result<Workerd> {
        Workerd::start(&self.arguments.workerd, &self.work.join("workerd.log"))
    }

    /// Makes a site with devices in a group, without code yet.
    fn with_agents(&self, server: Option<&str>, name: &str, count: usize) -> Result<Agents> {
        let mut place = self.place(server, &format!("agents_{name}"))?;
        for (name, value) in NO_THROTTLE {
            place.site.set(name, value);
        }
        place.site.set(HIBERNATE_AFTER, NEVER);
        let devices = place.site.add_devices_of("bench", count)?;
        let running = place.site.start()?;
        let mut client = running.sign_in()?;
        let group = assign(&mut client, &devices)?;
        let urls = of_devices(&mut client, agent_url)?;
        let paths: Vec<String> = urls.iter().filter_map(|url| Some(format!("/{}", url.split_once('/')?.1))).collect();
        ensure!(paths.len() == count, "{} of {count} devices have an agent's URL", paths.len());
        running.stop()?;
        Ok(Agents { place, group, count, paths })
    }
}

/// A site with agents.
struct Agents {
    place: Place,
    group: String,
    count: usize,
    /// Of their URLs.
    paths: Vec<String>,
}

impl Agents {
    /// Gives the agents their code.
    fn deploy(&self, code: &str) -> Result<()> {
        let running = self.place.site.start()?;
        let deployment = json!({ "data": {
            "type": "deployment",
            "attributes": { "agent_code": code, "device_code": "" },
            "relationships": { "devicegroup": { "type": "development_devicegroup", "id": self.group } },
        } });
        running.sign_in()?.send("POST", "/v5/deployments", Some(&deployment))?.expect(201)?;
        running.stop()?;
        Ok(())
    }

    /// Starts the server, and returns at which address its agents are.
    fn start(&self) -> Result<(Running, SocketAddr)> {
        let running = self.place.site.start()?;
        let devices = running.sign_in()?.get("/v5/devices?page[size]=1")?;
        let url = agent_url(&devices["data"][0]["attributes"]).context("no agent has a URL")?;
        let address = url.split('/').next().unwrap_or_default().parse()?;
        Ok((running, address))
    }

    /// Memory of the server for each agent, by the difference to a server whose devices have none.
    fn weigh(&mut self, report: &mut Report) -> Result<()> {
        let mut without = Vec::new();
        for _ in 0..RESTARTS {
            let (running, _) = self.start()?;
            std::thread::sleep(REST);
            without.push(kib(&running)?);
        }
        self.deploy(HELLO)?;
        let database = self.place.database.name();
        let count = self.count;
        let mut each = Vec::new();
        for _ in 0..RESTARTS {
            let (running, address) = self.start()?;
            all_answer(address, &self.paths)?;
            std::thread::sleep(REST);
            each.push(each_kib(&running, &without, count)?);
        }
        let figure = Figure::alone(format!("memory of a loaded agent, of {count}"), "KiB", "VmRSS", each);
        report.add(figure.bound(Bound::AtMost(40.0), "20").on(database));
        self.place.site.set(HIBERNATE_AFTER, SOON);
        let mut each = Vec::new();
        for _ in 0..RESTARTS {
            let (running, _) = self.start()?;
            if !all_hibernate(&running, count)? {
                println!("SKIPPED: memory of a hibernated agent; this server's agents do not hibernate");
                return Ok(());
            }
            std::thread::sleep(REST);
            each.push(each_kib(&running, &without, count)?);
        }
        let figure = Figure::alone(format!("memory of a hibernated agent, of {count}"), "KiB", "VmRSS", each);
        report.add(figure.bound(Bound::AtMost(4.0), "1").on(database));
        Ok(())
    }

    /// Time until all agents answer after the server was restarted.
    fn back(&self, report: &mut Report) -> Result<()> {
        let mut times = Vec::new();
        for _ in 0..RESTARTS {
            let began = Instant::now();
            let (running, address) = self.start()?;
            all_answer(address, &self.paths)?;
            let took = began.elapsed();
            println!(
                "  all answered {:.2} s after the start; the server had {:.1} s of processor time",
                took.as_secs_f64(),
                running.processor_s()
            );
            times.push(took.as_secs_f64());
            let stopped = running.stop()?;
            println!("  stopped in {:.1} s", stopped.as_secs_f64());
        }
        let name = format!("{} agents back after a restart", self.count);
        let figure = Figure::alone(name, "s", "from the server's start to the last answer", times);
        report.add(figure.bound(Bound::AtMost(10.0), "2").on(self.place.database.name()));
        Ok(())
    }

    /// Time of the answers of hibernated agents, one after the other.
    fn wake(&mut self, report: &mut Report) -> Result<()> {
        self.place.site.set(HIBERNATE_AFTER, SOON);
        let (mut quantiles, database) = (Vec::new(), self.place.database.name());
        for _ in 0..RESTARTS {
            let (running, address) = self.start()?;
            if !all_hibernate(&running, self.count)? {
                println!("SKIPPED: waking from hibernation; this server's agents do not hibernate");
                return Ok(());
            }
            let mut visitor = Visitors::connect(address, &self.paths, 1)?;
            let visits = visitor.visit_all()?.all_answered()?;
            println!("  woken: p50 {:.2} ms", visits.quantile_ms(0.5));
            quantiles.push(visits.quantile_ms(0.99));
        }
        let figure = Figure::alone("waking from hibernation", "ms", "p99 of a request that wakes", quantiles);
        report.add(figure.bound(Bound::AtMost(5.0), "1").on(database));
        Ok(())
    }
}

/// Rates of the peer and of ours, in turns.
#[derive(Default)]
struct Rates {
    theirs: Vec<f64>,
    ours: Vec<f64>,
}

impl Rates {
    fn push(&mut self, theirs: f64, ours: f64) {
        self.theirs.push(theirs);
        self.ours.push(ours);
    }

    fn figure(self, name: String) -> Figure {
        Figure::new(name, "requests/s", ("workerd", self.theirs), ("impstead", self.ours))
    }
}

/// Visits all paths once, and then some times more. Returns the rate of the first pass, and that of the later ones.
fn passes(address: SocketAddr, paths: &[String]) -> Result<(f64, f64)> {
    let mut visitors = Visitors::connect(address, paths, VISITORS)?;
    let first = visitors.visit_all()?.all_answered()?.per_s();
    let later = (0..LATER_PASSES).map(|_| Ok(visitors.visit_all()?.all_answered()?.per_s()));
    Ok((first, median(&later.collect::<Result<Vec<f64>>>()?)))
}

/// Waits until every agent has answered a request.
fn all_answer(address: SocketAddr, paths: &[String]) -> Result<()> {
    let mut visitors = Visitors::connect(address, paths, VISITORS)?;
    let mut missing: Vec<usize> = (0..paths.len()).collect();
    let since = Instant::now();
    while !missing.is_empty() {
        ensure!(since.elapsed() < PATIENCE, "{} of {} agents do not answer", missing.len(), paths.len());
        missing = visitors.visit(missing, Duration::ZERO)?.refused;
        if !missing.is_empty() {
            std::thread::sleep(LOOK_AGAIN);
        }
    }
    Ok(())
}

/// Waits until the API says of every device that its agent runs.
pub fn all_run(running: &Running) -> Result<()> {
    let (mut client, since) = (running.sign_in()?, Instant::now());
    while !of_devices(&mut client, |attributes| attributes["agent_running"].as_bool())?.into_iter().all(|runs| runs) {
        ensure!(since.elapsed() < PATIENCE, "not all agents run");
        std::thread::sleep(LOOK_AGAIN);
    }
    Ok(())
}

/// Waits until the server's metrics say of all agents that they hibernate. Says whether it knows hibernation at all.
fn all_hibernate(running: &Running, count: usize) -> Result<bool> {
    let since = Instant::now();
    loop {
        let answer = Client::new(running.address).send("GET", "/metrics", None)?;
        let metrics = String::from_utf8(answer.body)?;
        let gauge = metrics.lines().find(|line| line.starts_with("impstead_agents") && line.contains("hibernat"));
        let Some(gauge) = gauge else { return Ok(false) };
        let asleep = gauge.rsplit(' ').next().and_then(|number| number.parse::<usize>().ok());
        if asleep.context("a gauge without a number")? >= count {
            return Ok(true);
        }
        ensure!(since.elapsed() < PATIENCE, "of {count} agents: {gauge}");
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// Memory that the server takes for each agent, in kibibytes, beyond what it takes without agents.
fn each_kib(running: &Running, without: &[f64], count: usize) -> Result<f64> {
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let count = count as f64;
    Ok((kib(running)? - median(without)) / count)
}

#[expect(clippy::cast_precision_loss, reason = "some megabytes")]
fn kib(running: &Running) -> Result<f64> {
    Ok(running.resident_kib()? as f64)
}

/// Returns something of the attributes of all devices.
fn of_devices<T>(client: &mut Client, take: impl Fn(&Value) -> Option<T>) -> Result<Vec<T>> {
    let mut found = Vec::new();
    for number in 1.. {
        let page = client.get(&format!("/v5/devices?page[size]={PAGE}&page[number]={number}"))?;
        let devices = page["data"].as_array().context("no data")?;
        found.extend(devices.iter().filter_map(|device| take(&device["attributes"])));
        if devices.len() < PAGE {
            break;
        }
    }
    Ok(found)
}

fn agent_url(attributes: &Value) -> Option<String> {
    attributes["agent_url"].as_str()?.strip_prefix("http://").map(str::to_owned)
}
