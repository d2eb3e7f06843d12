use crate::Queue;
use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasher, Hash, RandomState},
    sync::{Arc, PoisonError, RwLock},
};

/// Locks among which the topics are spread, so that publishers of different devices rarely meet.
const SHARDS: usize = 64;

/// Who follows what.
pub struct Topics<K> {
    hasher: RandomState,
    shards: Vec<RwLock<HashMap<K, Vec<Arc<Queue>>>>>,
}

impl<K> Default for Topics<K> {
    fn default() -> Self {
        Self { hasher: RandomState::new(), shards: (0..SHARDS).map(|_| RwLock::default()).collect() }
    }
}

impl<K: Hash + Eq + Clone> Topics<K> {
    fn shard(&self, key: &K) -> &RwLock<HashMap<K, Vec<Arc<Queue>>>> {
        let hash = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).expect("it is below 64");
        &self.shards[hash]
    }

    /// Calls a function for every follower of a topic.
    pub fn each(&self, key: &K, take: impl FnMut(&Arc<Queue>)) {
        let topics = self.shard(key).read().unwrap_or_else(PoisonError::into_inner);
        if let Some(queues) = topics.get(key) {
            queues.iter().for_each(take);
        }
    }

    /// Adds a follower to a topic; one that is there already is not added again. `then` runs before anything else can
    /// be published to it.
    pub fn add(&self, key: &K, queue: &Arc<Queue>, then: impl FnOnce()) -> bool {
        let mut topics = self.shard(key).write().unwrap_or_else(PoisonError::into_inner);
        let queues = topics.entry(key.clone()).or_default();
        let is_new = !queues.iter().any(|other| Arc::ptr_eq(other, queue));
        if is_new {
            queues.push(Arc::clone(queue));
            then();
        }
        is_new
    }

    /// Takes a follower off a topic. `then` runs after everything that was published to it.
    pub fn remove(&self, key: &K, queue: &Arc<Queue>, then: impl FnOnce()) -> bool {
        let mut topics = self.shard(key).write().unwrap_or_else(PoisonError::into_inner);
        let Entry::Occupied(mut topic) = topics.entry(key.clone()) else { return false };
        let Some(index) = topic.get().iter().position(|other| Arc::ptr_eq(other, queue)) else { return false };
        topic.get_mut().swap_remove(index);
        if topic.get().is_empty() {
            topic.remove();
        }
        then();
        true
    }
}
