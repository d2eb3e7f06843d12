//! How results look.

pub mod json;
pub mod list;
pub mod log_lines;
pub mod places;
pub mod table;
pub mod text;
