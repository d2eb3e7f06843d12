//! Whether uploaded code compiles. Nothing is run.

use crate::error::{ApiError, compilation, internal};
use impstead_model::Code;
use impstead_store::Store;
use impstead_wire as wire;
use platform::requires;
use squirrel::{CompileError, Dialect, Image, ImageBuilder, Program};
use std::{
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
    thread,
};
use tokio::{sync::Semaphore, task};

/// The compiler, beside which the other work of the server goes on: it has threads of its own, and never all processors.
pub struct Compiler {
    image: Image,
    /// How many sources may be compiled at once. Others wait; the request's time-out bounds that.
    slots: Arc<Semaphore>,
}

impl Compiler {
    pub fn new() -> Self {
        // Nobody can prepare names that the compiler finds slowly without knowing this.
        let seed = RandomState::new().hash_one(0);
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Self {
            image: ImageBuilder::with_seed(Dialect::Imp, seed).build(),
            slots: Arc::new(Semaphore::new((processors / 2).max(1))),
        }
    }

    /// Compiles both sources.
    ///
    /// # Errors
    /// If one does not compile: an entry for each that does not, with all its places.
    ///
    /// # Source
    /// impCentral API v5, code `CX005`; three of the vendor's clients read it. That all errors of a source are told, not just the
    /// first, is our choice.
    pub async fn check(&self, code: &Code, store: &Store) -> Result<(), ApiError> {
        let units = [
            ("device_code", "Device code compile failed", &code.device),
            ("agent_code", "Agent code compile failed", &code.agent),
        ];
        let mut failures = Vec::new();
        for (file, detail, source) in units {
            let mut unknown = Vec::new();
            for required in requires(source) {
                if store.library(&required.name, &required.version).await?.is_none() {
                    unknown.push(required.unknown());
                }
            }
            let compiled = self.compile(file, source.clone()).await?;
            if let Err(errors) = if unknown.is_empty() { compiled } else { Err(unknown) } {
                failures.push((detail, errors.into_iter().map(|error| place(file, error)).collect()));
            }
        }
        if failures.is_empty() { Ok(()) } else { Err(compilation(failures)) }
    }

    /// Takes at most a fraction of a second: time and memory grow with the source, which may have a mebibyte.
    async fn compile(&self, file: &'static str, source: Vec<u8>) -> Result<Result<(), Vec<CompileError>>, ApiError> {
        if source.is_empty() {
            return Ok(Ok(()));
        }
        let image = self.image.clone();
        self.work(move || Program::compile(&image, &source, file.as_bytes()).map(drop)).await
    }

    /// Does what takes the processor for long, beside the threads that answer requests.
    pub async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(internal)?;
        let done = task::spawn_blocking(move || {
            let done = work();
            // Only now, also if nobody waits for the answer any more.
            drop(slot);
            done
        });
        done.await.map_err(internal)
    }
}

fn place(file: &str, error: CompileError) -> wire::CompileError {
    wire::CompileError {
        file: file.to_owned(),
        row: error.position.line,
        // On its first line the compiler counts from 0.
        column: error.position.column.max(1),
        kind: "error".to_owned(),
        text: error.text,
    }
}
