# Needs Python 3.11 and make; everything else is set up in .venv from the hashed lock.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# a test run starts some hundred processes: each module is compiled for the first of them, not for every one
unexport PYTHONDONTWRITEBYTECODE
READY := $(VENV)/.ready-$(shell cat requirements.lock pyproject.toml | cksum | cut -d ' ' -f 1)

.PHONY: demo test lint lock samples benchmark benchmark-decoders benchmark-exports benchmark-bouts benchmark-files simulate-week differential fuzz faults properties worked-trial worked-trial-coverage clean

demo: $(READY)
	$(BIN)/footfall demo

# files in their order: by number of tests, the few long ones would come last, one after the other
test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# the version of uv that fills the environment; pip would do the same in four times the time, and compiles without asking
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: Python 3.11 or newer is needed; name yours with PYTHON=..." >&2; exit 1; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(shell sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements.lock)
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@

# after a change of dependencies in pyproject.toml
lock:
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra dev pyproject.toml -o requirements.lock

# the committed sample files, from the seed
samples: $(READY)
	$(BIN)/python -m sample_data --samples

benchmark: $(READY)
	$(BIN)/python benchmarks/ingest.py

# decoders of FIT and GPX against their peers, in an environment of their own
benchmark-decoders: $(READY)
	$(BIN)/python -m benchmarks.decoders

# the reader of tables against the shortest Polars and pandas scripts; pandas in an environment of its own
benchmark-exports: $(READY)
	$(BIN)/python -m benchmarks.exports

# minutes to weeks: bouts against their peers (in an environment of their own), whole derivations, one more night
benchmark-bouts: $(READY)
	$(BIN)/python -m benchmarks.bouts

# every value of every real file against two other decoders; about five minutes
differential: $(READY)
	FOOTFALL_ALL_FILES=1 $(BIN)/python -m pytest -q tests/connectors/test_fit_differential.py tests/connectors/test_gpx_columns.py

# real files changed at random; RUNS=1000000 for a night
RUNS ?= 20000
fuzz: $(READY)
	$(BIN)/python -m tests.fuzz --runs $(RUNS)

# kills, full disks and readers under publishes, far more than a test run has time for; the numbers below take about an hour
KILLS ?= 200
READERS ?= 8
PUBLISHES ?= 100
faults: $(READY)
	$(BIN)/python -m pytest -m campaign
	$(BIN)/python -m tests.faults --kills $(KILLS) --readers $(READERS) --publishes $(PUBLISHES) --seed $(SEED)

# every definition in SQL against its slow statement, on made-up people; DAYS=1000000 for a night
DAYS ?= 100000
SEED ?= 1
properties: $(READY)
	$(BIN)/python -m tests.properties --days $(DAYS) --seed $(SEED)

# a week of nights of 700 people with a virtual clock, against one run over everything and a rebuild; PEOPLE=50 for a short one
PEOPLE ?= 700
NIGHTS ?= 7
simulate-week: $(READY)
	$(BIN)/python -m tests.simulation --people $(PEOPLE) --nights $(NIGHTS)

# 20,000 small FIT files through a load, against a plain fitparse loop on a sample of them
benchmark-files: $(READY)
	$(BIN)/python -m benchmarks.files --into benchmarks/files/results.md

# a simulated trial from device files to the table that a trial prints: renews docs/worked-trial/README.md and its pictures
worked-trial: $(READY)
	$(BIN)/python docs/worked-trial

# how often its intervals hold the truth, over 1,000 simulated trials: renews docs/worked-trial/coverage.md
worked-trial-coverage: $(READY)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python docs/worked-trial coverage

clean:
	rm -rf $(VENV) footfall-demo dist build
