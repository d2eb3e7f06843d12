//! Codecs and hashes of the agent's API.
