# The commands of everyday work. Continuous integration runs `make test` and nothing else.

.DEFAULT_GOAL := help
.PHONY: help run test check fmt bench kill9

# Each target says what it does after two number signs.
help: ## List the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: ## Build a release and run it with a demo account, on SQLite in ./impstead-data
	cargo build --release --locked --package impstead
	target/release/impstead serve --demo --data ./impstead-data

test: ## Run everything that CI runs; installs what it needs
	scripts/install-test-tools.sh
	scripts/with-postgres.sh scripts/test.sh

check: ## Look for mistakes without running anything: formatting, lints, documentation
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- --deny warnings
	RUSTDOCFLAGS='--deny warnings' cargo doc --workspace --no-deps --locked

fmt: ## Format all code
	cargo fmt --all

bench: ## Measure everything in docs/benchmarks.md; wants a quiet machine and half an hour
	scripts/install-test-tools.sh
	cargo build --release --locked --package impstead --package impstead-bench
	scripts/with-postgres.sh target/release/impstead-bench run

kill9: ## Kill the server 200 times on each database, and look for lost writes
	scripts/install-test-tools.sh
	cargo build --release --locked --package impstead --package impstead-bench
	scripts/with-postgres.sh target/release/impstead-bench kill9
