# Two commands do everything from a fresh clone: `make run` and `make test`. `make help` lists the rest.
# Kept to what GNU make 3.81 understands, which is the make of macOS.

PYTHON ?=
WORKERS ?= 2
PART ?= codec
SCALE ?= 1
UV ?= uv
LOCK_FLAGS ?=

export PYTHON
BIN := .venv/bin

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help run demo test lint types contracts soak fuzz mutate bench evaluate simulate check format lock js kubo clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/.ready-run ## open a home, sign a first record in it and verify it
	@scripts/run.sh

demo: .venv/.ready-run ## three peers on loopback, a collection that spreads, a trace and a feed; until Ctrl-C
	@.venv/bin/python scripts/demo.py $(ARGS)

test: .venv/.ready-dev ## run the tests, but not the slow campaigns
	@$(BIN)/pytest -n $(WORKERS)

lint: .venv/.ready-dev ## style: ruff
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: .venv/.ready-dev ## types: mypy, strict
	@$(BIN)/mypy

contracts: .venv/.ready-dev ## who may import whom: import-linter
	@$(BIN)/lint-imports --no-logo

soak: .venv/.ready-dev ## run the slow campaigns, each as long as it needs
	@$(BIN)/pytest -m slow --timeout 7200 -n $(WORKERS)

fuzz: .venv/.ready-dev ## a million hostile frames, and as many hostile messages of peers
	@$(BIN)/pytest -m slow -k 'a_million_hostile' --timeout 7200 -n $(WORKERS) tests/node

mutate: .venv/.ready-dev ## change the code of the record format a little, and see whether a test fails (PART=chains)
	@nice $(BIN)/python scripts/mutate.py --part $(PART) --workers $(WORKERS)

bench: .venv/.ready-bench ## a table of ratios, each to a yardstick measured in the same run (SCALE=0.1 for a quick look)
	@$(BIN)/python -m benchmarks --scale $(SCALE)

evaluate: .venv/.ready-dev ## what each preset shows, and what attackers gain; KNOWCHAIN_DATA for real material (SCALE=0.3 for a quick look)
	@$(BIN)/python -m benchmarks.evaluate --scale $(SCALE)

simulate: .venv/.ready-dev ## a community over a year, by each preset: who is seen, who stays, what languages live (SCALE=0.3)
	@$(BIN)/python -m benchmarks.simulate --scale $(SCALE)

check: lint types contracts test ## everything that a change must pass

format: .venv/.ready-dev ## put the code into form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: ## solve requirements/*.txt again after a change of pyproject.toml (LOCK_FLAGS=--upgrade for newer ones)
	@UV='$(UV)' scripts/lock.sh $(LOCK_FLAGS)

js: ## fetch Node.js 22 and the packages of tests/js, for the tests that need them
	@scripts/node22.sh

kubo: ## build Kubo's ipfs, for the tests that need it
	@scripts/kubo.sh

clean: ## remove what make put here: .venv, caches, the demonstration home
	rm -rf .venv .cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache tests/js/node_modules

.venv/.ready-%: requirements/build.txt requirements/%.txt pyproject.toml
	@scripts/setup.sh $*
