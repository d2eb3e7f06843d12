//! What imps say on standard output, and what happens to them on standard error.

use crate::commands::print;
use impstead_runtime::News;
use platform::board::Seen;
use serde_json::json;
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

/// Where the imps of a process say things.
pub struct Output {
    json: bool,
    imps: usize,
    connected: AtomicUsize,
    /// What was said last of a server that cannot be reached: it is said once.
    unreachable: Mutex<Option<String>>,
    failure: Mutex<Option<String>>,
}

impl Output {
    pub fn new(json: bool, imps: usize) -> Self {
        Self { json, imps, connected: AtomicUsize::new(0), unreachable: Mutex::default(), failure: Mutex::default() }
    }

    /// Whether there is one imp only.
    pub fn is_alone(&self) -> bool {
        self.imps == 1
    }

    /// Why the process is to fail.
    pub fn failure(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub fn fail(&self, why: String) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }

    /// Tells what happens to an imp.
    pub fn news(&self, device: &str, news: &News) {
        match news {
            News::Says { error, text } => {
                let kind = if *error { "error" } else { "log" };
                self.line(device, kind, &String::from_utf8_lossy(text));
            }
            News::Connected => {
                *self.unreachable.lock().unwrap_or_else(PoisonError::into_inner) = None;
                self.count(device, "connected", self.connected.fetch_add(1, Ordering::Relaxed) + 1);
            }
            News::Disconnected => {
                self.count(device, "disconnected", self.connected.fetch_sub(1, Ordering::Relaxed) - 1);
            }
            News::Refused(_) => {}
            News::Unreachable(why) => {
                let mut said = self.unreachable.lock().unwrap_or_else(PoisonError::into_inner);
                if said.as_ref() != Some(why) {
                    eprintln!("impstead: {why}; trying again");
                    *said = Some(why.clone());
                }
            }
        }
    }

    /// Tells what has changed on an imp's outputs.
    pub fn seen(&self, device: &str, seen: &Seen) {
        self.line(device, "output", &seen.to_string());
    }

    fn line(&self, device: &str, kind: &str, text: &str) {
        let line = match (self.json, self.is_alone()) {
            (true, _) => json!({ "device_id": device, "type": kind, "msg": text }).to_string(),
            (false, true) => text.to_owned(),
            (false, false) => format!("{device} {text}"),
        };
        // Whoever reads no more does not want to know.
        let _ = print(&format!("{line}\n"));
    }

    /// Tells of something that should not be.
    #[expect(clippy::unused_self, reason = "all that is said goes through here")]
    pub fn problem(&self, device: &str, what: &str) {
        eprintln!("impstead: {device}: {what}");
    }

    fn count(&self, device: &str, what: &str, connected: usize) {
        match self.imps {
            1 => eprintln!("{device} {what}"),
            // Of many, a line for each hundredth.
            imps if connected.is_multiple_of(imps.div_ceil(100)) || connected == imps => {
                eprintln!("{connected} of {imps} imps are connected");
            }
            _ => {}
        }
    }
}
