//! Constants that programs know when they are compiled. Those without a meaning of their own have numbers of ours: programs
//! pass them on.

/// Names and values. On both sides all are known.
pub(crate) const CONSTANTS: &[(&str, i32)] = &[
    ("ENVIRONMENT_CARD", 0),
    ("ENVIRONMENT_MODULE", 1),
    ("ENVIRONMENT_AGENT", ENVIRONMENT_AGENT),
    // Why a connection was or was not made.
    ("NOT_CONNECTED", 0),
    ("NO_WIFI", 1),
    ("NO_LINK", 1),
    ("NO_IP_ADDRESS", 2),
    ("NOT_RESOLVED", 3),
    ("NO_SERVER", 4),
    ("SERVER_CONNECTED", 5),
    // What sending came to.
    ("SEND_ERROR_NOT_CONNECTED", 1),
    ("SEND_ERROR_TIMEOUT", 2),
    ("SEND_ERROR_DISCONNECTED", 3),
    ("SEND_ERROR_WOULDBLOCK", 4),
    ("SUSPEND_ON_ERROR", 0),
    ("RETURN_ON_ERROR", 1),
    ("RETURN_ON_ERROR_NO_DISCONNECT", 2),
    ("WAIT_TIL_SENT", 0),
    ("WAIT_FOR_ACK", 1),
    // Why the program runs.
    ("WAKEREASON_POWER_ON", 0),
    ("WAKEREASON_TIMER", 1),
    ("WAKEREASON_SW_RESET", 2),
    ("WAKEREASON_PIN", 3),
    ("WAKEREASON_PIN1", 3),
    ("WAKEREASON_NEW_SQUIRREL", 4),
    ("WAKEREASON_SQUIRREL_ERROR", 5),
    ("WAKEREASON_NEW_FIRMWARE", 6),
    ("WAKEREASON_SNOOZE", 7),
    ("WAKEREASON_HW_RESET", 8),
    ("WAKEREASON_BLINKUP", 9),
    ("WAKEREASON_SW_RESTART", 10),
    ("WAKEREASON_POWER_RESTORED", 11),
    ("SHUTDOWN_NEWSQUIRREL", 1),
    ("SHUTDOWN_NEWFIRMWARE", 2),
    ("SHUTDOWN_OTHER", 3),
    // HTTP.
    ("VALIDATE_NONE", 0),
    ("VALIDATE_USING_SYSTEM_CA_CERTS", VALIDATE_USING_SYSTEM_CA_CERTS),
    ("NO_TIMEOUT", NO_TIMEOUT),
    // Pins.
    ("DIGITAL_IN", DIGITAL_IN),
    ("DIGITAL_IN_PULLUP", DIGITAL_IN_PULLUP),
    ("DIGITAL_IN_PULLDOWN", DIGITAL_IN_PULLDOWN),
    ("DIGITAL_IN_WAKEUP", DIGITAL_IN_WAKEUP),
    ("DIGITAL_OUT", DIGITAL_OUT),
    ("DIGITAL_OUT_OD", DIGITAL_OUT_OD),
    ("DIGITAL_OUT_OD_PULLUP", DIGITAL_OUT_OD_PULLUP),
    ("ANALOG_IN", ANALOG_IN),
    ("ANALOG_OUT", ANALOG_OUT),
    ("PWM_OUT", PWM_OUT),
    ("PTR", 11),
    ("PTC_OUT", 12),
    ("PULSE_COUNTER", 13),
    ("PULSE_OUT", 14),
    // Buses.
    ("CLOCK_SPEED_10_KHZ", 10),
    ("CLOCK_SPEED_50_KHZ", 50),
    ("CLOCK_SPEED_100_KHZ", 100),
    ("CLOCK_SPEED_400_KHZ", 400),
    ("CLOCK_IDLE_LOW", 0),
    ("MSB_FIRST", 0),
    ("CLOCK_IDLE_HIGH", 1),
    ("LSB_FIRST", LSB_FIRST),
    ("CLOCK_2ND_EDGE", 4),
    ("SIMPLEX_TX", 8),
    ("SIMPLEX_RX", 16),
    ("USE_CS_L", 32),
    ("NO_SCLK", 64),
    ("PARITY_NONE", PARITY_NONE),
    ("PARITY_EVEN", 1),
    ("PARITY_ODD", PARITY_ODD),
    ("NO_CTSRTS", NO_CTSRTS),
    ("NO_TX", NO_TX),
    ("NO_RX", NO_RX),
    ("TIMING_ENABLED", TIMING_ENABLED),
    ("SPIFLASH_PREVERIFY", SPIFLASH_PREVERIFY),
    ("SPIFLASH_POSTVERIFY", SPIFLASH_POSTVERIFY),
    ("A_LAW_COMPRESS", A_LAW_COMPRESS),
    ("A_LAW_DECOMPRESS", A_LAW_DECOMPRESS),
    ("NORMALISE", NORMALISE),
    ("AUDIO", 8),
    ("BLINKUP_FAST", 1),
    ("BLINKUP_ACTIVEHIGH", 2),
    ("CONFIG_WIFI", 1),
];

/// Where an agent runs.
pub(crate) const ENVIRONMENT_AGENT: i32 = 2;

/// Certificates of servers must be good.
pub(crate) const VALIDATE_USING_SYSTEM_CA_CERTS: i32 = 1;

/// A request that may take for ever.
pub(crate) const NO_TIMEOUT: i32 = -1;

// What pins can be.
pub(crate) const DIGITAL_IN: i32 = 1;
pub(crate) const DIGITAL_IN_PULLUP: i32 = 2;
pub(crate) const DIGITAL_IN_PULLDOWN: i32 = 3;
pub(crate) const DIGITAL_IN_WAKEUP: i32 = 4;
pub(crate) const DIGITAL_OUT: i32 = 5;
pub(crate) const DIGITAL_OUT_OD: i32 = 6;
pub(crate) const DIGITAL_OUT_OD_PULLUP: i32 = 7;
pub(crate) const ANALOG_IN: i32 = 8;
pub(crate) const ANALOG_OUT: i32 = 9;
pub(crate) const PWM_OUT: i32 = 10;

// Flags of buses, of the flash, of the sampler and of the DAC: some of them are given together.
pub(crate) const LSB_FIRST: i32 = 2;
pub(crate) const PARITY_NONE: i32 = 0;
pub(crate) const PARITY_ODD: i32 = 2;
pub(crate) const NO_CTSRTS: i32 = 1;
pub(crate) const NO_TX: i32 = 2;
pub(crate) const NO_RX: i32 = 4;
pub(crate) const TIMING_ENABLED: i32 = 8;
pub(crate) const SPIFLASH_PREVERIFY: i32 = 1;
pub(crate) const SPIFLASH_POSTVERIFY: i32 = 2;
pub(crate) const A_LAW_COMPRESS: i32 = 1;
pub(crate) const A_LAW_DECOMPRESS: i32 = 2;
pub(crate) const NORMALISE: i32 = 4;
