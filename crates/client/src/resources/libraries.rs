use crate::{Client, Listing};
use impstead_wire::Library;

/// Squirrel libraries: `/libraries`.
#[derive(Clone, Copy, Debug)]
pub struct Libraries<'a>(pub(crate) &'a Client);

impl Libraries<'_> {
    /// Lists the libraries that code may require.
    pub fn list(self) -> Listing<Library> {
        Listing::new(self.0, self.0.v5(&["libraries"]))
    }
}
