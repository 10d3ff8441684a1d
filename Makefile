# Trueshelf. `make` alone lists what there is.
#
#   PORT    where the service listens       DATA      what datasets/, mlruns/ and .trueshelf/ lie in
#   SHOPS   shops of the simulated market   PER_SHOP  listings of each, on average
#   SEED    of the simulated market         PYTHON    the Python that makes .venv (3.11 or later)

PORT     ?= 3000
DATA     ?= .
SHOPS    ?= 3000
PER_SHOP ?= 1.6
SEED     ?= 7
PYTHON   ?= python3
VENV     ?= .venv

export TRUESHELF_DATA := $(DATA)
export TRUESHELF_PORT := $(PORT)
export BENTOML_DO_NOT_TRACK := true
export MLFLOW_DISABLE_TELEMETRY := true

PY     := $(VENV)/bin/python
MARKET := $(DATA)/datasets/market

.DEFAULT_GOAL := help
.PHONY: help setup demo stop train serve check format test test-fast bench clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(VENV)/installed ## create .venv and install everything into it

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit(f"Trueshelf needs Python 3.11 or later; $(PYTHON) is {sys.version.split()[0]}")'
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --disable-pip-version-check --constraint constraints.txt --editable '.[training,serving,scale,dev]'
	touch $@

$(MARKET)/dataset.toml: | $(VENV)/installed
	$(PY) -m training dataset build market --shops $(SHOPS) --listings-per-shop $(PER_SHOP) --seed $(SEED) --out $(MARKET)

$(DATA)/.trueshelf/champion: $(MARKET)/dataset.toml | $(VENV)/installed
	$(PY) -m training train --dataset $(MARKET) --recipe listings
	$(PY) -m training promote latest --dataset $(MARKET)
	touch $@

demo: setup $(DATA)/.trueshelf/champion ## build data, train, promote, serve, and show verdicts
	$(PY) -m serving start
	$(PY) -m serving try $(MARKET)

stop: ## stop the service that `make demo` started
	$(PY) -m serving stop

train: setup $(MARKET)/dataset.toml ## train the default recipe on the default dataset
	$(PY) -m training train --dataset $(MARKET) --recipe listings

serve: setup ## serve the champion in the foreground
	$(PY) -m serving serve

check: setup ## lint, formatting, types, import contracts
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: setup ## format, and mend what the linter can
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

test: setup ## every test
	$(PY) -m pytest -n 2 --dist loadgroup

test-fast: setup ## the tests that take no more than a few seconds
	$(PY) -m pytest -m 'not slow'

bench: setup $(DATA)/.trueshelf/champion ## every benchmark, quickly
	$(PY) -m benchmarks.baselines --dataset $(MARKET) --quick
	$(PY) -m benchmarks.parity --dataset $(MARKET) --quick
	$(PY) -m benchmarks.serving --dataset $(MARKET) --quick

clean: ## remove caches and unfinished runs, never data or models
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis $(DATA)/.trueshelf/runs $(DATA)/.trueshelf/embeddings
