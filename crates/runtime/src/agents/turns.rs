//! Whose turn it is to work, so that no number of busy agents keeps the others waiting.
//!
//! An agent may work when it has something to do, as long as it does not do too much in all; one that does goes on in the
//! slow lane, where only some agents at a time have their turn. So the other threads are free, or soon are.

use std::sync::Arc;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

/// Instructions that an agent may run at once: about 20 ms of work.
const MOST_AT_ONCE: f64 = 2_000_000.0;

/// Instructions that it may run each second in the long run: about a tenth of what a thread can.
const EACH_S: f64 = 10_000_000.0;

/// What a slice costs besides its instructions.
const EACH_SLICE: f64 = 100.0;

/// Slices of a turn in the slow lane.
const SLICES_OF_A_TURN: u32 = 10;

/// Where agents that work too much take turns.
pub struct SlowLane(Arc<Semaphore>);

impl SlowLane {
    /// Makes one that takes no more than half of the threads.
    pub fn new(threads: usize) -> SlowLane {
        SlowLane(Arc::new(Semaphore::new((threads / 2).max(1))))
    }
}

/// What an agent may do, and its turn in the slow lane if it has one.
pub struct Turns {
    /// Instructions that it may still run.
    left: f64,
    at: Instant,
    /// What it had run altogether by then.
    spent: u64,
    turn: Option<(OwnedSemaphorePermit, u32)>,
}

impl Turns {
    pub fn new() -> Turns {
        Turns { left: MOST_AT_ONCE, at: Instant::now(), spent: 0, turn: None }
    }

    /// Waits for its turn. `spent` is how many instructions it has run altogether.
    pub async fn next(&mut self, spent: u64, lane: &SlowLane) {
        self.count(spent);
        match &mut self.turn {
            _ if self.left > 0.0 => self.turn = None,
            Some((_, slices)) if *slices > 0 => *slices -= 1,
            _ => {
                // Given back before it is asked for, so that others who wait come first.
                self.turn = None;
                let permit = Arc::clone(&lane.0).acquire_owned().await;
                self.turn = Some((permit.expect("the lane is never closed"), SLICES_OF_A_TURN));
            }
        }
    }

    /// Has nothing to do for now.
    pub fn rest(&mut self) {
        self.turn = None;
    }

    fn count(&mut self, spent: u64) {
        let now = Instant::now();
        #[expect(clippy::cast_precision_loss, reason = "what a slice runs is not that much")]
        let ran = spent.wrapping_sub(self.spent) as f64 + EACH_SLICE;
        let more = now.duration_since(self.at).as_secs_f64() * EACH_S;
        // What it owes is limited, so that one that mends its ways is soon forgiven.
        self.left = (self.left - ran + more).clamp(-MOST_AT_ONCE, MOST_AT_ONCE);
        (self.at, self.spent) = (now, spent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        future::{Future as _, poll_fn},
        pin::pin,
        task::Poll,
        time::Duration,
    };
    use tokio::time::advance;

    /// Whether an agent has its turn without waiting.
    async fn at_once(turns: &mut Turns, spent: u64, lane: &SlowLane) -> bool {
        let mut next = pin!(turns.next(spent, lane));
        poll_fn(|context| Poll::Ready(next.as_mut().poll(context).is_ready())).await
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_work_too_much_take_turns_and_keep_nobody_else_waiting() {
        let lane = SlowLane::new(2);
        let (mut one, mut other, mut modest) = (Turns::new(), Turns::new(), Turns::new());
        assert!(at_once(&mut one, 6_000_000, &lane).await, "the lane is empty");
        assert!(!at_once(&mut other, 6_000_000, &lane).await, "one at a time");
        for slice in 1..=1000 {
            assert!(at_once(&mut modest, slice * 1000, &lane).await);
        }
        let mut slices = 0;
        let waits = async { other.next(6_000_000, &lane).await };
        let works = async {
            while at_once(&mut one, 6_000_000 + slices * 10_000, &lane).await {
                slices += 1;
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(waits, works);
        assert_eq!(slices, u64::from(SLICES_OF_A_TURN));
    }

    #[tokio::test(start_paused = true)]
    async fn who_rests_is_forgiven() {
        let lane = SlowLane::new(1);
        let (mut one, mut other) = (Turns::new(), Turns::new());
        one.next(1_000_000_000, &lane).await;
        assert!(!at_once(&mut other, 1_000_000_000, &lane).await);
        one.rest();
        advance(Duration::from_secs(1)).await;
        assert!(at_once(&mut other, 1_000_000_000, &lane).await);
        assert!(at_once(&mut one, 1_000_000_000, &lane).await, "it needs the lane no more");
    }
}
