//! Which imps there are, and the names of their pins and buses.
//!
//! A name that any imp has, every virtual imp has: programs ask for the type, not for the name.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A type of imp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImpType {
    /// The card.
    #[serde(rename = "imp001")]
    Imp001,
    /// The first module.
    #[serde(rename = "imp002")]
    Imp002,
    /// A module with Wi-Fi.
    #[serde(rename = "imp003")]
    Imp003,
    /// A module with Wi-Fi, without preserved memory.
    #[serde(rename = "imp004m")]
    Imp004m,
    /// A module with Wi-Fi, Ethernet and USB.
    #[serde(rename = "imp005")]
    Imp005,
    /// A module with Wi-Fi, Ethernet and cellular.
    #[serde(rename = "imp006")]
    Imp006,
    /// A module with cellular.
    #[serde(rename = "impC001")]
    ImpC001,
}

impl ImpType {
    /// Its name, as `imp.info().type` has it.
    pub fn name(self) -> &'static str {
        match self {
            ImpType::Imp001 => "imp001",
            ImpType::Imp002 => "imp002",
            ImpType::Imp003 => "imp003",
            ImpType::Imp004m => "imp004m",
            ImpType::Imp005 => "imp005",
            ImpType::Imp006 => "imp006",
            ImpType::ImpC001 => "impC001",
        }
    }

    /// Whether it is the card rather than a module: `imp.environment()`.
    pub fn is_card(self) -> bool {
        self == ImpType::Imp001
    }

    /// Whether programs have `hardware.spiflash`.
    pub fn has_spiflash(self) -> bool {
        !matches!(self, ImpType::Imp001 | ImpType::Imp002)
    }

    /// Whether it has a host port for USB.
    pub fn has_usb(self) -> bool {
        self == ImpType::Imp005
    }

    /// Whether it can sleep deeply.
    pub fn sleeps_deeply(self) -> bool {
        self != ImpType::Imp005
    }

    /// Whether `nv` outlasts deep sleep.
    pub fn keeps_nv(self) -> bool {
        !matches!(self, ImpType::Imp004m | ImpType::Imp006)
    }

    /// Whether its network is cellular when the board says nothing of it.
    pub fn is_cellular(self) -> bool {
        self == ImpType::ImpC001
    }
}

/// Makes a type for one kind of name: an index into a table of those that exist.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident, $kind:literal, [$($item:literal)*]) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(u8);

        impl $name {
            const NAMES: &'static [&'static str] = &[$($item),*];

            /// All that exist.
            pub fn all() -> impl Iterator<Item = $name> {
                (0..).take(Self::NAMES.len()).map($name)
            }

            /// The one of this name, such as programs write after `hardware.`.
            pub fn named(name: &str) -> Option<$name> {
                Self::all().find(|item| item.name() == name)
            }

            /// Its name.
            pub fn name(self) -> &'static str {
                Self::NAMES[usize::from(self.0)]
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(name: String) -> Result<$name, String> {
                let unknown = || format!(concat!("there is no `{}`; ", $kind, " are {}"), name, Self::NAMES.join(", "));
                $name::named(&name).ok_or_else(unknown)
            }
        }

        impl From<$name> for String {
            fn from(item: $name) -> String {
                item.name().to_owned()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(self.name())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(self.name())
            }
        }
    };
}

names!(
    /// A pin, such as `pin9`.
    Pin, "pins",
    [
        "pin1" "pin2" "pin5" "pin6" "pin7" "pin8" "pin9"
        "pinA" "pinB" "pinC" "pinD" "pinE" "pinF" "pinG" "pinH" "pinI" "pinJ" "pinK" "pinL" "pinM" "pinN" "pinO" "pinP"
        "pinQ" "pinR" "pinS" "pinT" "pinU" "pinV" "pinW" "pinX" "pinY" "pinZ"
        "pinXA" "pinXB" "pinXC" "pinXD" "pinXE" "pinXF" "pinXG" "pinXH" "pinXI" "pinXJ" "pinXK" "pinXL" "pinXM" "pinXN"
        "pinXO" "pinXP" "pinXQ" "pinXR" "pinXS" "pinXT" "pinXU" "pinXV" "pinXW"
        "pinYA" "pinYB" "pinYC" "pinYD" "pinYE" "pinYF" "pinYG" "pinYH" "pinYI" "pinYJ" "pinYK" "pinYL" "pinYM" "pinYN"
    ]
);

impl Pin {
    /// Whether it can wake an imp from deep sleep.
    pub fn can_wake(self) -> bool {
        matches!(self.name(), "pin1" | "pinW")
    }
}

names!(
    /// An I2C bus, such as `i2c89`.
    I2cBus, "I2C buses",
    [
        "i2c12" "i2c89" "i2cAB" "i2cFG" "i2cNM" "i2cQP" "i2cJK" "i2c0" "i2cLM" "i2cTU" "i2cJH" "i2cKL" "i2cXBA" "i2cXDC"
    ]
);

names!(
    /// An SPI bus, such as `spi257`.
    SpiBus, "SPI buses",
    [
        "spi189" "spi257" "spiEBCA" "spiLGDK" "spiAHSR" "spiGJKL" "spiBCAD" "spi0" "spiEFGH" "spiXABCD" "spiXPQRS"
        "spiXTUVW" "spiDCAB" "spiPQRS" "spiEVMT" "spiYJTHU" "spiYRFES"
    ]
);

names!(
    /// A UART, such as `uart57`.
    UartBus, "UARTs",
    [
        "uart0" "uart1" "uart2" "uart12" "uart57" "uart6E" "uart1289" "uartDM" "uartFG" "uartQRPW" "uartFGJH" "uartHJ"
        "uartABCD" "uartNU" "uartDCAB" "uartYABCD"
    ]
);
