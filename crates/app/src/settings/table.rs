//! The one table of settings: flags, environment variables, the configuration file and the reference page follow it.

/// How a setting is written in the configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// An array of strings; separated by commas in flags and environment variables.
    List,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
}

/// One setting.
pub struct Setting {
    /// Its name in the file; the flag and the environment variable follow from it.
    pub name: &'static str,
    /// How it is written.
    pub kind: Kind,
    /// What its value stands for, in help texts.
    pub value_name: &'static str,
    /// The default as written in a flag; `None` where there is none or where it follows from other settings.
    pub default: Option<&'static str>,
    /// What holds where there is no `default`.
    pub otherwise: &'static str,
    /// A value for the commented line of the file, where the default does not show how to write one.
    pub example: &'static str,
    /// What it does: one sentence, without a full stop.
    pub summary: &'static str,
    /// What else there is to know: full sentences, or empty.
    pub detail: &'static str,
    /// Whether commands on the data take it, besides `serve`.
    pub of_data: bool,
}

impl Setting {
    /// Returns the flag, for example `--public-url`.
    pub fn flag(&self) -> String {
        format!("--{}", self.flag_name())
    }

    /// Returns the flag without its dashes.
    pub fn flag_name(&self) -> String {
        self.name.replace('_', "-")
    }

    /// Returns the environment variable, for example `IMPSTEAD_PUBLIC_URL`.
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.to_ascii_uppercase())
    }
}

/// What our environment variables begin with.
pub const PREFIX: &str = "IMPSTEAD_";

/// Names the configuration file; not a setting itself, since it cannot stand in the file.
pub const CONFIG_VARIABLE: &str = "IMPSTEAD_CONFIG";

const NO: Setting = Setting {
    name: "",
    kind: Kind::Text,
    value_name: "",
    default: None,
    otherwise: "",
    example: "",
    summary: "",
    detail: "",
    of_data: false,
};

/// All settings, in the order of the file.
pub const TABLE: [Setting; 35] = [
    Setting {
        name: "listen",
        value_name: "ADDRESS:PORT",
        default: Some("127.0.0.1:8080"),
        summary: "Where to listen",
        detail: "0.0.0.0:8080 means all IPv4 addresses of the machine, [::]:8080 all addresses. With port 0 the \
                 operating system chooses a port; the line \"listening on …\" says which.",
        ..NO
    },
    Setting {
        name: "agent_listen",
        value_name: "ADDRESS:PORT",
        otherwise: "the address of listen, at the next port",
        example: "0.0.0.0:8081",
        summary: "Where to listen for requests to agents",
        detail: "Agents have an origin of their own, see agent_url. Where listen has port 0, the operating system chooses \
                 a port here, too.",
        ..NO
    },
    Setting {
        name: "data",
        value_name: "DIR",
        default: Some("./impstead-data"),
        summary: "The data directory",
        detail: "It holds the SQLite file, the server key, the lock and the socket of the running server. It is made \
                 where it is missing, readable by its owner only. One server at a time uses it.",
        of_data: true,
        ..NO
    },
    Setting {
        name: "database",
        value_name: "sqlite|URL",
        default: Some("sqlite"),
        example: "postgres://user:password@host:5432/database",
        summary: "The database: sqlite, or the URL of a PostgreSQL database",
        detail: "sqlite is the file impstead.db in the data directory. For PostgreSQL (15 or newer) write \
                 postgres://user:password@host:5432/database. Command lines are visible to other users of the \
                 machine, so write a password into the file or the environment rather than a flag.",
        of_data: true,
        ..NO
    },
    Setting {
        name: "database_connections",
        kind: Kind::Integer,
        value_name: "COUNT",
        default: Some("16"),
        summary: "Connections to PostgreSQL",
        detail: "SQLite needs none.",
        ..NO
    },
    Setting {
        name: "public_url",
        value_name: "URL",
        otherwise: "the address of listen, with http, or https where tls_cert is set",
        example: "https://imp.example.com",
        summary: "The URL under which clients reach the server",
        detail: "Scheme, host and port, without a path. All links in answers begin with it. Set it wherever clients \
                 come through a proxy or by a name.",
        ..NO
    },
    Setting {
        name: "agent_url",
        value_name: "URL",
        otherwise: "the host of public_url, at the next port",
        example: "https://agent.example.com",
        summary: "The URL under which agents are reached",
        detail: "The URL of an agent is this and a slash and the agent's id. Use another origin than public_url's, so \
                 that pages served by an agent cannot act for visitors of the API.",
        ..NO
    },
    Setting {
        name: "tls_cert",
        value_name: "FILE",
        otherwise: "no TLS",
        example: "/etc/impstead/cert.pem",
        summary: "Certificate chain for HTTPS, a PEM file",
        detail: "Goes with tls_key. It is read at start.",
        ..NO
    },
    Setting {
        name: "tls_key",
        value_name: "FILE",
        otherwise: "no TLS",
        example: "/etc/impstead/key.pem",
        summary: "Private key for HTTPS, a PEM file",
        detail: "Goes with tls_cert.",
        ..NO
    },
    Setting {
        name: "trusted_proxies",
        kind: Kind::List,
        value_name: "CIDR,…",
        default: Some(""),
        example: "127.0.0.1, 10.0.0.0/8",
        summary: "Proxies whose X-Forwarded-For is believed",
        detail: "Networks or single addresses. From everybody else the header is ignored.",
        ..NO
    },
    Setting {
        name: "outbound_allow",
        kind: Kind::List,
        value_name: "CIDR,…",
        default: Some(""),
        example: "10.1.2.0/24, ann=192.168.7.0/24",
        summary: "Networks that webhooks and agents may reach although their addresses are not public",
        detail: "Whoever may make webhooks or deploy can send requests there; with a user name in front, only agents of this \
                 account's device groups. With --demo, those of the account demo reach the machine itself. Names are resolved first, and their addresses judged: \
                 without this, private, loopback and link-local ones are refused.",
        ..NO
    },
    Setting {
        name: "rate_limit_bucket",
        kind: Kind::Integer,
        value_name: "REQUESTS",
        default: Some("40"),
        summary: "Requests an account may send at once",
        detail: "The size of a token bucket; each account has one, and each address before it has signed in.",
        ..NO
    },
    Setting {
        name: "rate_limit_refill_per_s",
        kind: Kind::Number,
        value_name: "REQUESTS",
        default: Some("400"),
        summary: "Requests an account may send each second in the long run",
        detail: "The rate at which the bucket refills.",
        ..NO
    },
    Setting {
        name: "access_token_life_s",
        kind: Kind::Integer,
        value_name: "SECONDS",
        default: Some("3600"),
        summary: "How long an access token works",
        detail: "Clients renew theirs with a refresh token or a login key, which do not expire. The vendor's work for \
                 an hour.",
        ..NO
    },
    Setting {
        name: "bind_tokens_to_address",
        kind: Kind::Boolean,
        value_name: "true|false",
        default: Some("false"),
        summary: "Accept an access token only from the address that obtained it",
        detail: "Makes stolen tokens useless elsewhere, and signs clients out whose address changes.",
        ..NO
    },
    Setting {
        name: "public_metrics",
        kind: Kind::Boolean,
        value_name: "true|false",
        default: Some("false"),
        summary: "Answer /metrics to every address, not to loopback ones only",
        ..NO
    },
    Setting {
        name: "request_timeout_s",
        kind: Kind::Integer,
        value_name: "SECONDS",
        default: Some("60"),
        summary: "How long a request may take in all",
        detail: "Longer ones are answered 504. Log streams are not bound by it.",
        ..NO
    },
    Setting {
        name: "shutdown_grace_s",
        kind: Kind::Integer,
        value_name: "SECONDS",
        default: Some("10"),
        summary: "How long requests under way may take to end when the server stops",
        ..NO
    },
    Setting {
        name: "device_heartbeat_s",
        kind: Kind::Integer,
        value_name: "SECONDS",
        default: Some("30"),
        summary: "After how long a silence a device counts as gone",
        detail: "A device may ask for another heartbeat when it connects, from 10 seconds to an hour.",
        ..NO
    },
    Setting {
        name: "agent_hibernate_after_s",
        kind: Kind::Integer,
        value_name: "SECONDS",
        default: Some("300"),
        summary: "How long an agent is idle before it hibernates; 0 means never",
        detail: "It is written to the database then, and goes on where it was when a request, a message or a timer wants \
                 it. Programs cannot tell. An agent that others wait for does not hibernate.",
        ..NO
    },
    Setting {
        name: "agent_continue",
        kind: Kind::Boolean,
        value_name: "true|false",
        default: Some("false"),
        summary: "Let agents go on where they were after the server was stopped and started",
        detail: "Without this they start afresh, as the vendor's do; those that hibernate go on in either case. After \
                 a crash all others start afresh.",
        ..NO
    },
    Setting {
        name: "agent_away_days",
        kind: Kind::Integer,
        value_name: "DAYS",
        default: Some("30"),
        summary: "After how many days without its device an agent stops; 0 means never",
        detail: "It starts again when the device connects. The vendor's service stops agents after 30 days.",
        ..NO
    },
    Setting {
        name: "agent_request_burst",
        kind: Kind::Integer,
        value_name: "REQUESTS",
        default: Some("40"),
        summary: "Requests that the URL of an agent takes at once",
        detail: "What is more is answered with 429.",
        ..NO
    },
    Setting {
        name: "agent_requests_per_s",
        kind: Kind::Number,
        value_name: "REQUESTS",
        default: Some("20"),
        summary: "Requests that the URL of an agent takes each second in the long run",
        detail: "The rate at which agent_request_burst refills. The vendor's service takes about 20.",
        ..NO
    },
    Setting {
        name: "log_history_entries",
        kind: Kind::Integer,
        value_name: "ENTRIES",
        default: Some("1000"),
        summary: "Log entries kept of each device",
        ..NO
    },
    Setting {
        name: "log_history_days",
        kind: Kind::Integer,
        value_name: "DAYS",
        default: Some("7"),
        summary: "How long log entries are kept",
        ..NO
    },
    Setting {
        name: "log_burst",
        kind: Kind::Integer,
        value_name: "LINES",
        default: Some("6000"),
        summary: "Lines that a device's program may log at once",
        detail: "What is more is dropped, with one line that says so.",
        ..NO
    },
    Setting {
        name: "log_per_minute",
        kind: Kind::Integer,
        value_name: "LINES",
        default: Some("100"),
        summary: "Lines that a device's program may log each minute in the long run",
        detail: "The rate at which log_burst refills.",
        ..NO
    },
    Setting {
        name: "log_streams_per_account",
        kind: Kind::Integer,
        value_name: "STREAMS",
        default: Some("1"),
        summary: "Log streams that an account may have at once",
        detail: "A further one closes the oldest. The vendor's service allows one.",
        ..NO
    },
    Setting {
        name: "log_stream_devices",
        kind: Kind::Integer,
        value_name: "DEVICES",
        default: Some("8"),
        summary: "Devices that a log stream follows",
        detail: "A further one takes the place of the one added longest ago. The vendor's service allows eight.",
        ..NO
    },
    Setting {
        name: "demo",
        kind: Kind::Boolean,
        value_name: "true|false",
        default: Some("false"),
        summary: "Make an account with sample data at the first start, and print how to use it",
        detail: "The account is called demo; its random password is in the file demo-password of the data directory. \
                 Later starts change nothing.",
        ..NO
    },
    Setting {
        name: "virtual_imps",
        kind: Kind::Integer,
        value_name: "COUNT",
        default: Some("0"),
        summary: "How many virtual imps the demo account has at least",
        detail: "Those that are missing are made at each start, in the device group Beds, and started. Without demo it means nothing.",
        ..NO
    },
    Setting {
        name: "log_format",
        value_name: "people|json",
        default: Some("people"),
        summary: "How log lines on stderr are written",
        detail: "people: for reading, with colours on a terminal. json: one object a line.",
        ..NO
    },
    Setting {
        name: "log_level",
        value_name: "LEVEL",
        default: Some("info"),
        example: "info,impstead::access=off",
        summary: "What is logged: error, warn, info, debug, trace or off",
        detail: "Levels for parts may follow: info,impstead::access=off leaves out the line for each request.",
        ..NO
    },
    Setting {
        name: "backups",
        value_name: "DIR",
        otherwise: "backups in the data directory",
        example: "/var/backups/impstead",
        summary: "Where the backup made before each change of the schema goes",
        detail: "A newer version of the program may change the schema when it starts; it writes a backup first.",
        of_data: true,
        ..NO
    },
];

/// Returns a setting of the table.
pub fn setting(name: &str) -> &'static Setting {
    const ALL: &[Setting] = &TABLE;
    ALL.iter().find(|setting| setting.name == name).expect("settings are named as in the table")
}
