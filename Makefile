# The commands of everyday work. Continuous integration runs `make test` and nothing else.

.DEFAULT_GOAL := help
.PHONY: help run test check fmt bench

# Each target says what it does after two number signs.
help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

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
