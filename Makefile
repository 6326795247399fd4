# Two commands do everything: `make run` and `make test`. Both set themselves up.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# The benchmarks' peers need other versions of shared libraries: an environment of their own.
BENCH ?= .venv-bench
MUTANTS ?= .venv-mutants
FAULTS := $(BIN)/python -m pytest -n 2 --dist worksteal --page docs/reliability.md
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

# Small fits are 10-19 times slower with two BLAS threads.
export OMP_NUM_THREADS = 1
# Tests write thousands of files that are thrown away: in memory, where there is room for them.
export PYTEST_DEBUG_TEMPROOT ?= $(shell [ "$$(df -k --output=avail /dev/shm 2>/dev/null | tail -1)" \
	-gt 4000000 ] 2>/dev/null && echo /dev/shm || echo /tmp)
# The tests start hundreds of processes: without bytecode each compiles the program anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test same whole coverage lock ci shipped corpus kills soak faults mutants check lint format types constraints clean bench-borders bench-m3 bench-flags bench-drugs bench-speed sensitivity

run: $(VENV)/.run
	$(BIN)/bordercast run
	@echo "What next: $(BIN)/bordercast --help, or the README."

# Without the slow ones: what a change is tried on while it is made.
test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 --dist loadfile --quick $(PYTEST_ARGS)

# Every test: what a change must pass. Files with slow tests first, not those with many.
whole: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

# Whether every page, mail, table and file says what it said: as of BASE=commit, or where the branch
# began. Minutes. RENEW=1 keeps today's hashes, CHECK=1 compares with those kept, RECORDS="own parts".
same: $(VENV)/.dev
	$(BIN)/python tests/same $(if $(BASE),--base $(BASE)) $(if $(RECORDS),--records "$(RECORDS)") \
		$(if $(RENEW),--renew) $(if $(WHY),--why $(WHY)) $(if $(CHECK),--check)

# What must pass before a change lands, in stages with their times: `make whole`, lint and types, then
# the packages, the image, the units and every Python, each skipped with its reason where it cannot be.
ci: $(VENV)/.ship
	.ci/run all

# One of its stages: `make shipped STAGE=image`; all of them without.
shipped: $(VENV)/.ship
	$(BIN)/python -m pytest -m shipped -rs tests/shipped$(if $(STAGE),/test_$(STAGE).py)

# Which statements no test reaches, slower than `make whole`; not counted in processes
# that tests start.
coverage: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term:skip-covered

# Every generated bad file; `make whole` reads a cut of them.
corpus: $(VENV)/.dev
	$(BIN)/python -m pytest -m corpus

# A sender killed 200 times over 1,000 deliveries; `make whole` kills one a few times.
kills: $(VENV)/.dev
	$(BIN)/python -m pytest -m kills -s

# The faults of docs/reliability.md, whose table it renews; `make whole` tries each a few times.
faults: $(VENV)/.dev
	$(FAULTS) -m 'faults or both or corpus or kills' tests/faults tests

# The service killed, stopped, set back and left alone, again and again: the second table.
soak: $(VENV)/.dev
	$(FAULTS) -m soak tests/faults tests

# Wrong lines, and whether the tests notice: 200 drawn anew over everything, tens of minutes on two
# cores. MODULE=path: 30 of one module, on its own tests, a minute or two; ROOM=forecast/desk: 30 of one
# room. Before that test files that are new or changed run once traced, minutes if they are all.
# MUTANTS_ARGS="--sample 20 --seed 7".
mutants: $(VENV)/.dev $(MUTANTS)/.done
	$(MUTANTS)/bin/python tests/mutation/mutants.py --python $(BIN)/python --traced $(MUTANTS)/entered.tsv \
		$(if $(MODULE),--module $(MODULE)) $(if $(ROOM),--room $(ROOM)) $(MUTANTS_ARGS)

check: lint types whole

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m tests.form.branches

types: $(VENV)/.dev
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# Each file by its hash; what builds our own package is among them.
$(VENV)/.run: pyproject.toml requirements.lock | $(VENV)/bin/python
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements.lock
	PYTHONWARNINGS='ignore:Editable installation' $(BIN)/python -m pip --disable-pip-version-check \
		install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.run

$(VENV)/.ship: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable '.[dev,ship]'
	@touch $@ $(VENV)/.dev $(VENV)/.run

# Minutes for ours; an hour more when the peers have not answered for these figures yet.
bench-borders: $(VENV)/.bench $(BENCH)/.done
	$(BIN)/python -m benchmarks.borders --peers $(BENCH)/bin/python

bench-m3: $(VENV)/.bench
	$(BIN)/python -m benchmarks.m3

# A quarter of an hour: each number of the method, 20 % more and less.
sensitivity: $(VENV)/.bench
	$(BIN)/python -m benchmarks.sensitivity

# Five minutes for ours; an hour more when the peers have not answered for these figures yet.
bench-flags: $(VENV)/.bench $(BENCH)/.done
	$(BIN)/python -m benchmarks.flags --peers $(BENCH)/bin/python

# A minute for ours; five more when AutoETS has not answered for these figures yet.
bench-drugs: $(VENV)/.bench $(BENCH)/.done
	$(BIN)/python -m benchmarks.drugs --peers $(BENCH)/bin/python

# 20 minutes on two idle cores, most of it the peers'. GO_ON=--go-on goes on with a stopped run.
bench-speed: $(VENV)/.bench $(BENCH)/.done
	$(BIN)/python -m benchmarks.speed --peers $(BENCH)/bin/python $(GO_ON)

$(VENV)/.bench: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable '.[bench]'
	@touch $@ $(VENV)/.run

$(BENCH)/.done: benchmarks/requirements.txt benchmarks/constraints.txt
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip --disable-pip-version-check install --quiet \
		-c benchmarks/constraints.txt -r benchmarks/requirements.txt
	@touch $@

$(MUTANTS)/.done: benchmarks/mutants-requirements.txt benchmarks/mutants-constraints.txt
	$(PYTHON) -m venv $(MUTANTS)
	$(MUTANTS)/bin/python -m pip --disable-pip-version-check install --quiet \
		-c benchmarks/mutants-constraints.txt -r benchmarks/mutants-requirements.txt
	@touch $@

# Newest versions that fit together on Python 3.11 to 3.13, names and versions only.
constraints: $(VENV)/.dev
	$(PIP) uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --no-header \
		--no-annotate --upgrade pyproject.toml -o constraints.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header \
		--no-annotate --upgrade benchmarks/requirements.txt -o benchmarks/constraints.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header \
		--no-annotate --upgrade benchmarks/mutants-requirements.txt \
		-o benchmarks/mutants-constraints.txt

# What a release installs, each file by its hash: names, versions and hashes only.
lock: $(VENV)/.dev
	$(PIP) uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate -c constraints.txt pyproject.toml -o requirements.lock

clean:
	rm -rf .same .artifacts $(VENV) $(BENCH) $(MUTANTS) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
