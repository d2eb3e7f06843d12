//! Numbers with names. A number that this version does not know is carried, not refused: each type says in the document
//! what to take it for.

/// Declares a one-byte code with its known numbers.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident { $($(#[$code_doc:meta])* $code:ident = $number:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u8);

        impl $name {
            $($(#[$code_doc])* pub const $code: Self = Self($number);)*

            /// Every known code.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// Returns the name of a known code, as the document has it.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some(stringify!($code)),)*
                    _ => None,
                }
            }
        }
    )*};
}

codes! {
    /// Why the present run of the program started.
    ///
    /// # Source
    /// The vendor's `WAKEREASON_*` constants and their values.
    WakeReason {
        /// Cold boot.
        POWER_ON = 0,
        /// End of a deep sleep.
        TIMER = 1,
        /// `imp.reset()`, or a reset by the system.
        SW_RESET = 2,
        /// The wake-up pin.
        PIN = 3,
        /// New code was installed.
        NEW_SQUIRREL = 4,
        /// Uncaught exception in the run before.
        SQUIRREL_ERROR = 5,
        /// The system was updated.
        NEW_FIRMWARE = 6,
        /// Woke after a connection that could not be made.
        SNOOZE = 7,
        /// The reset pin.
        HW_RESET = 8,
        /// After BlinkUp.
        BLINKUP = 9,
        /// `server.restart()`, or a restart asked for through the API.
        SW_RESTART = 10,
        /// Main power is back, and the clock went on.
        POWER_RESTORED = 11,
    }

    /// Why a program is asked to end.
    ///
    /// # Source
    /// The vendor's `SHUTDOWN_*` constants and their values.
    ShutdownReason {
        /// There is new code for it.
        NEWSQUIRREL = 1,
        /// There is a new system.
        NEWFIRMWARE = 2,
        /// Something else, such as a conditional restart through the API.
        OTHER = 3,
    }

    /// Why a program is started again without new code.
    RestartReason {
        /// Somebody asked for it through the API.
        REQUESTED = 1,
        /// The device moved to another device group, whose code is the same.
        REASSIGNED = 2,
        /// The program asked for it with `server.restart()`.
        PROGRAM = 3,
    }

    /// What wrote a log line.
    LogKind {
        /// `server.log()`.
        LOG = 1,
        /// `server.error()`, and run-time errors.
        ERROR = 2,
    }

    /// What a device announces when it says when it will be back.
    SleepKind {
        /// A deep sleep: the program ends, and the connection with it.
        DEEP_SLEEP = 1,
        /// `server.disconnect()`: the program goes on without a connection.
        DISCONNECT = 2,
        /// `server.expectonlinein()`: nothing happens now.
        EXPECT_ONLINE = 3,
        /// A snooze, after a connection that could not be made.
        SNOOZE = 4,
    }

    /// Why a connection ends.
    CloseReason {
        /// Nothing is wrong.
        NORMAL = 0,
        /// The device made another connection.
        REPLACED = 1,
        /// No such device, or not the signature of its secret: which, is not told.
        NOT_AUTHORISED = 2,
        /// The device signed for a server of another name.
        WRONG_SERVER = 3,
        /// No version that both speak.
        VERSION = 4,
        /// Something that the protocol does not allow; the text says what.
        PROTOCOL_ERROR = 5,
        /// A frame longer than the receiver takes.
        TOO_LARGE = 6,
        /// Silence, or a handshake that takes too long.
        TIMEOUT = 7,
        /// The server stops or moves.
        GOING_AWAY = 8,
        /// The server has too much to do.
        OVERLOADED = 9,
        /// What waited for the peer did not drain.
        TOO_SLOW = 10,
    }

    /// How the bytes of a program are compressed on the line.
    Compression {
        /// They are as they are.
        NONE = 0,
        /// zlib, RFC 1950.
        ZLIB = 1,
        /// Zstandard, RFC 8878, with a window of at most 128 KiB.
        ZSTD = 2,
    }

    /// What the bytes of a program are.
    ProgramFormat {
        /// Squirrel source text in UTF-8, libraries included.
        SQUIRREL_SOURCE = 1,
    }

    /// What became of code that was offered.
    CodeOutcome {
        /// The device has it already.
        HAVE_IT = 0,
        /// It was received, checked and stored, and is started next.
        INSTALLED = 1,
        /// It does not fit into program storage.
        OUT_OF_SPACE = 2,
        /// It does not have the hash it was offered under.
        CORRUPT = 3,
        /// It does not compile.
        BAD_PROGRAM = 4,
        /// The device knows neither such a format nor such a compression.
        UNSUPPORTED = 5,
        /// It could not be stored.
        STORAGE_FAILED = 6,
    }

    /// The server's answer to a request.
    AnswerCode {
        /// Done.
        OK = 0,
        /// Refused, and will be again.
        REFUSED = 1,
        /// Not done, but worth another try.
        TRY_AGAIN = 2,
    }

    /// How a device is connected.
    NetworkKind {
        /// Wi-Fi.
        WIFI = 1,
        /// Ethernet.
        ETHERNET = 2,
        /// A cellular network.
        CELLULAR = 3,
        /// The network of the computer it runs on.
        HOST = 4,
    }
}
