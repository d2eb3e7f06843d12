//! Every figure of `docs/benchmarks.md`, in one run.

use crate::{
    bare,
    database::{Database, On},
    fsync,
    http::Client,
    machine,
    report::{Bound, Figure, Report},
    site::{Running, Site},
    squirrel::{self, SquirrelArgs},
    wrk::Wrk,
};
use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Value, json};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

/// The names of all figures.
const FIGURES: [&str; 11] =
    ["reads", "creates", "growth", "memory", "lines", "fanout", "idle", "reconnect", "agents", "imps", SQUIRREL];

/// The figures that need neither a server nor a database.
const SQUIRREL: &str = "squirrel";

#[derive(Args)]
pub struct RunArgs {
    /// The server to measure
    #[arg(long, default_value = "target/release/impstead")]
    binary: PathBuf,
    /// Where data and report go; what is measured is this filesystem
    #[arg(long, default_value = "target/bench")]
    directory: PathBuf,
    /// Rounds of each figure; of those of the language, 7 at least
    #[arg(long, default_value_t = 5)]
    pub rounds: u32,
    /// Seconds of each measurement [default: 3; of fanout 5, of lines 60]
    #[arg(long)]
    pub seconds: Option<u32>,
    /// Connections of the read figures
    #[arg(long, default_value_t = 32)]
    pub connections: u32,
    /// Devices of the large list
    #[arg(long, default_value_t = 1_000_000)]
    devices: i64,
    /// Only these figures
    #[arg(long, value_delimiter = ',', value_parser = FIGURES, default_values = FIGURES)]
    only: Vec<String>,
    /// Devices that are connected and do nothing, and that all come back at once; agents likewise
    #[arg(long, default_value_t = 10_000)]
    pub fleet: usize,
    /// Streams that carry the lines of one device
    #[arg(long, default_value_t = 1000)]
    pub streams: usize,
    /// Messages under way to them
    #[arg(long, default_value_t = 128)]
    pub window: usize,
    /// Where workerd is, with what it runs
    #[arg(long, default_value = "bench/workerd")]
    pub workerd: PathBuf,
    /// On which databases; PostgreSQL comes through scripts/with-postgres.sh
    #[arg(long, value_enum, default_value_t = On::Both)]
    on: On,
    #[command(flatten)]
    squirrel: SquirrelArgs,
}

/// Measures and reports.
pub fn run(arguments: &RunArgs) -> Result<()> {
    // A directory of its own, so that several runs do not meet.
    let work = arguments.directory.join(format!("run-{}", std::process::id()));
    fs::create_dir_all(&work)?;
    let wanted = |name: &str| arguments.only.iter().any(|only| only == name);
    let configuration = machine::configuration(&arguments.binary, &work);
    let mut report = Report { configuration, figures: vec![] };
    if arguments.only.iter().any(|only| only != SQUIRREL) {
        servers(arguments, work.clone(), &mut report)?;
    } else {
        machine::print(&report.configuration);
    }
    if wanted(SQUIRREL) {
        squirrel::measure(&arguments.squirrel, &arguments.binary, arguments.rounds, &mut report)?;
    }
    let _ = fs::remove_dir_all(&work);
    report.write(&arguments.directory.join("report.json"))?;
    let missed: Vec<&str> = report.figures.iter().filter(|it| !it.is_met()).map(|it| it.name.as_str()).collect();
    ensure!(missed.is_empty(), "missed: {}", missed.join("; "));
    Ok(())
}

/// The figures of servers.
fn servers(arguments: &RunArgs, work: PathBuf, report: &mut Report) -> Result<()> {
    let open_files = machine::raise_open_files();
    let seconds = arguments.seconds.unwrap_or(3);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let bench = Bench { arguments, wrk: Wrk::new(&work, seconds)?, work, runtime };
    report.configuration.insert(
        "load",
        format!(
            "wrk -t1; {} rounds of {seconds} s, taking turns; reads with {} connections",
            arguments.rounds, arguments.connections
        ),
    );
    report.configuration.insert("open files", format!("{open_files} for each process"));
    let servers = arguments.on.servers();
    if let Some(server) = servers.iter().flatten().next() {
        report.configuration.insert("postgresql", Database::on_postgres(server, "about")?.about()?);
    }
    machine::print(&report.configuration);

    let wanted = |name: &str| arguments.only.iter().any(|only| only == name);
    for server in &servers {
        let server = server.as_deref();
        if wanted("reads") {
            bench.reads(server, report)?;
        }
        if wanted("creates") {
            bench.creates(server, report)?;
        }
        if wanted("growth") {
            bench.growth(server, report)?;
        }
        if wanted("memory") {
            bench.memory(server, report)?;
        }
        if wanted("lines") {
            bench.lines(server, report)?;
        }
        if wanted("fanout") {
            bench.fan_out(server, report)?;
        }
        if wanted("idle") {
            bench.idle(server, report)?;
        }
        if wanted("reconnect") {
            bench.reconnect(server, report)?;
        }
        if wanted("agents") {
            bench.agents(server, report)?;
        }
        if wanted("imps") {
            bench.imps(server, report)?;
        }
    }
    Ok(())
}

/// A run.
pub struct Bench<'a> {
    pub arguments: &'a RunArgs,
    /// A directory of this run's own.
    pub work: PathBuf,
    pub wrk: Wrk,
    /// Where devices and readers live.
    pub runtime: tokio::runtime::Runtime,
}

impl Drop for Bench<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.work);
    }
}

impl Bench<'_> {
    /// The two reads, each beside a bare handler that returns the same bytes.
    fn reads(&self, server: Option<&str>, report: &mut Report) -> Result<()> {
        let place = self.place(server, "reads")?;
        let devices = place.site.add_devices(1)?;
        let running = place.site.start()?;
        let mut client = running.sign_in()?;
        let mut product = Value::Null;
        for number in 1..=30 {
            product = create_product(&mut client, &format!("Product {number}"))?;
        }
        let group = json!({ "data": {
            "type": "development_devicegroup",
            "attributes": { "name": "Group" },
            "relationships": { "product": { "type": "product", "id": product["data"]["id"] } },
        } });
        let group = client.send("POST", "/v5/devicegroups", Some(&group))?.expect(201)?;
        let path = format!("/v5/devicegroups/{}/relationships/devices", text(&group, "/data/id")?);
        let assigned = json!({ "data": [{ "type": "device", "id": devices[0] }] });
        client.send("POST", &path, Some(&assigned))?.expect(204)?;

        // The goals are for the embedded database; beside PostgreSQL a read costs a round trip to another process.
        let bound = |least| if server.is_none() { Bound::AtLeast(least) } else { Bound::None };
        let name = place.database.name();
        let products = self.beside_bare(&running, &mut client, "/v5/products?page[size]=20", "page of 20 products")?;
        report.add(products.bound(bound(0.25), "0.40").on(name));
        let device = self.beside_bare(&running, &mut client, &format!("/v5/devices/{}", devices[0]), "one device")?;
        report.add(device.bound(bound(0.45), "0.70").on(name));
        #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
        let resident = running.resident_kib()? as f64 / 1024.0;
        println!("  resident after these: {resident:.1} MiB");
        Ok(())
    }

    fn beside_bare(&self, ours: &Running, client: &mut Client, path: &str, name: &str) -> Result<Figure> {
        let answer = client.send("GET", path, None)?;
        answer.expect(200)?;
        let bare = bare::start(&self.work, &answer.body, &answer.media_type)?;
        let same = Client::new(bare.address).send("GET", path, None)?;
        ensure!(same.body == answer.body && same.media_type == answer.media_type, "the bare handler answers otherwise");
        let get = |address: SocketAddr| self.wrk.get(address, path, &client.token, self.arguments.connections);
        let (bare, ours) = self.in_turns(|| Ok(get(bare.address)?.per_s()), || Ok(get(ours.address)?.per_s()))?;
        let name = format!("{name} ({} bytes)", answer.body.len());
        Ok(Figure::new(name, "requests/s", ("bare handler", bare), ("impstead", ours)))
    }

    /// Durable creates: many clients beside one.
    fn creates(&self, server: Option<&str>, report: &mut Report) -> Result<()> {
        let place = self.place(server, "creates")?;
        let running = place.site.start()?;
        let client = running.sign_in()?;
        let mut round = 0;
        let mut create = |connections: u32| -> Result<f64> {
            round += 1;
            let prefix = format!("Product {round}");
            Ok(self.wrk.create_products(running.address, &client.token, connections, &prefix)?.per_s())
        };
        let (mut one, mut many) = (Vec::new(), Vec::new());
        for _ in 0..self.arguments.rounds {
            one.push(create(1)?);
            many.push(create(64)?);
        }
        let least = if server.is_none() { 4.0 } else { 3.0 };
        let figure = Figure::new("durable creates", "creates/s", ("1 client", one), ("64 clients", many));
        report.add(figure.bound(Bound::AtLeast(least), "8").on(place.database.name()));
        let fsync_us = fsync::median_us(&self.work)?;
        println!("  write and fdatasync of 4 KiB on this filesystem: {fsync_us:.0} µs");
        report.configuration.insert("fdatasync", format!("{fsync_us:.0} µs for an appended page of 4 KiB, median"));
        Ok(())
    }

    /// A list of a thousand devices beside one of a million.
    fn growth(&self, server: Option<&str>, report: &mut Report) -> Result<()> {
        let few = self.place(server, "few")?;
        let many = self.place(server, "many")?;
        let owner = {
            let running = many.site.start()?;
            let me = running.sign_in()?.get("/v5/accounts/me")?;
            text(&me, "/data/id")?.to_owned()
        };
        many.database.add_devices(&owner, self.arguments.devices)?;
        let owner = {
            let running = few.site.start()?;
            let me = running.sign_in()?.get("/v5/accounts/me")?;
            text(&me, "/data/id")?.to_owned()
        };
        few.database.add_devices(&owner, 1000)?;

        let (few_running, many_running) = (few.site.start()?, many.site.start()?);
        let (few_client, mut many_client) = (few_running.sign_in()?, many_running.sign_in()?);
        let database = many.database.name();
        for size in [20, 100] {
            let first = format!("/v5/devices?page[size]={size}&page[number]=1");
            let deep = format!("/v5/devices?page[size]={size}&page[number]=10000");
            if self.arguments.devices >= 10_000 * size {
                let page = many_client.get(&deep)?;
                let items = page["data"].as_array().context("no data")?.len();
                ensure!(i64::try_from(items)? == size, "page 10,000 of {size} holds {items} devices");
            }
            let median = |address, path: &str, token: &str| Ok(self.wrk.get(address, path, token, 1)?.median_us);
            let page_one_of_few = || median(few_running.address, &first, &few_client.token);
            let (base, ours) =
                self.in_turns(page_one_of_few, || median(many_running.address, &first, &many_client.token))?;
            let label = format!("{} devices", self.arguments.devices);
            let figure = Figure::new(
                format!("page 1 of {size} devices"),
                "µs (median, 1 client)",
                ("of 1000", base),
                (&label, ours),
            );
            report.add(figure.bound(Bound::AtMost(1.5), "1.0").on(database));
            let (base, ours) =
                self.in_turns(page_one_of_few, || median(many_running.address, &deep, &many_client.token))?;
            let figure = Figure::new(
                format!("page 10,000 of {size} devices"),
                "µs (median, 1 client)",
                ("page 1 of 1000", base),
                (&label, ours),
            );
            report.add(figure.on(database));
        }
        drop((few_running, many_running));
        self.resident(&many.site, &format!("with {} devices", self.arguments.devices), database, report)
    }

    /// Memory of a server that does nothing yet.
    fn memory(&self, server: Option<&str>, report: &mut Report) -> Result<()> {
        let place = self.place(server, "memory")?;
        let mut client = place.site.start()?.sign_in_and_keep()?;
        for number in 1..=30 {
            create_product(&mut client.1, &format!("Product {number}"))?;
        }
        drop(client);
        self.resident(&place.site, "with 30 products", place.database.name(), report)
    }

    fn resident(&self, site: &Site, what: &str, database: &str, report: &mut Report) -> Result<()> {
        let mut sizes = Vec::new();
        for _ in 0..self.arguments.rounds {
            let running = site.start()?;
            std::thread::sleep(Duration::from_secs(2));
            #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
            sizes.push(running.resident_kib()? as f64 / 1024.0);
        }
        let figure = Figure::alone(format!("resident memory of the idle server, {what}"), "MiB", "VmRSS", sizes);
        report.add(figure.bound(Bound::AtMost(40.0), "20").on(database));
        Ok(())
    }

    /// Measures two things in turns, so that whatever else the machine does falls on both.
    fn in_turns(
        &self,
        mut base: impl FnMut() -> Result<f64>,
        mut ours: impl FnMut() -> Result<f64>,
    ) -> Result<(Vec<f64>, Vec<f64>)> {
        // One of each for warmth.
        base()?;
        ours()?;
        let mut series = (Vec::new(), Vec::new());
        for _ in 0..self.arguments.rounds {
            series.0.push(base()?);
            series.1.push(ours()?);
        }
        Ok(series)
    }

    /// Makes a fresh site on SQLite, or on a PostgreSQL server.
    pub fn place(&self, server: Option<&str>, name: &str) -> Result<Place> {
        place(&self.arguments.binary, &self.work, server, name)
    }
}

/// A site and its database.
pub struct Place {
    pub site: Site,
    pub database: Database,
}

/// Makes a fresh site in a directory, on SQLite or on a PostgreSQL server.
pub fn place(binary: &Path, directory: &Path, server: Option<&str>, name: &str) -> Result<Place> {
    let fresh = server.map(|server| Database::on_postgres(server, name)).transpose()?;
    let kind = if server.is_some() { "postgres" } else { "sqlite" };
    let url = fresh.as_ref().and_then(Database::url);
    let site = Site::create(binary, directory.join(format!("{name}-{kind}")), url)?;
    let database = fresh.unwrap_or_else(|| Database::Sqlite(site.sqlite_file()));
    Ok(Place { site, database })
}

impl Report {
    pub fn add(&mut self, figure: Figure) {
        figure.print();
        self.figures.push(figure);
    }
}

impl Figure {
    pub fn on(mut self, database: &str) -> Self {
        self.name = format!("{database}: {}", self.name);
        self
    }
}

impl Running {
    /// Signs in and keeps the server running with the client.
    fn sign_in_and_keep(self) -> Result<(Self, Client)> {
        let client = self.sign_in()?;
        Ok((self, client))
    }
}

fn create_product(client: &mut Client, name: &str) -> Result<Value> {
    let product =
        json!({ "data": { "type": "product", "attributes": { "name": name, "description": "Made to be measured" } } });
    client.send("POST", "/v5/products", Some(&product))?.expect(201)
}

fn text<'v>(value: &'v Value, pointer: &str) -> Result<&'v str> {
    value.pointer(pointer).and_then(Value::as_str).with_context(|| format!("no {pointer} in {value}"))
}
