# make help lists the targets. make report and make test set themselves up on a fresh machine.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
PY ?= $(VENV)/bin/python
BASE ?= $(VENV)/.base
DEV ?= $(VENV)/.dev
TEST_WORKERS ?= 2
EXAMPLE = data_templates/nct06904755
.DEFAULT_GOAL := help
.PHONY: docs help report interim figures verify test check format lint types fuzz generated bench soak lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.base: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install -q --require-hashes -r requirements.lock
	$(VENV)/bin/python -m pip install -q --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: $(VENV)/.base requirements-dev.lock
	$(VENV)/bin/python -m pip install -q --require-hashes -r requirements-dev.lock
	touch $@

define both
	@if [ -n "$(STUDY)$(DATA)" ] && { [ -z "$(STUDY)" ] || [ -z "$(DATA)" ]; }; then \
	  echo "make $@: STUDY= and DATA= go together; the example is never used in place of your data" >&2; exit 2; fi
endef
RUN = @$(PY) -m hepatrial.cli
INPUT = "$(or $(STUDY),$(EXAMPLE)/study.toml)" "$(or $(DATA),$(EXAMPLE)/data.toml)"
TO = $(if $(OUT),--out "$(OUT)")

report: $(BASE)  ## write a report: make report [STUDY=study.toml DATA=folder-or-data.toml] [OUT=folder]
	$(both)
	$(RUN) report $(INPUT) $(TO)

interim: $(BASE)  ## the same as of a data cut: make interim CUTOFF=2025-06-30 [STUDY= DATA=] [PREVIOUS=folder] [OUT=folder]
	$(both)
	@if [ -z "$(CUTOFF)" ]; then echo "make interim: CUTOFF=YYYY-MM-DD is needed" >&2; exit 2; fi
	$(RUN) interim $(INPUT) --cutoff "$(CUTOFF)" $(if $(PREVIOUS),--previous "$(PREVIOUS)") $(TO)

figures: $(BASE)  ## the figures only: make figures [STUDY= DATA=] [OUT=folder]
	$(both)
	$(RUN) figures $(INPUT) $(TO)

verify: $(BASE)  ## make a report again and compare every byte: make verify [REPORT=folder STUDY= DATA=]
	$(both)
	$(RUN) verify "$(or $(REPORT),reports/nct06904755/final)" $(INPUT)

test: $(DEV)  ## run the tests
	$(PY) -m pytest -q -n $(TEST_WORKERS)

check: $(DEV) lint types test  ## format, lint, types, tests: what CI runs

format: $(DEV)  ## format the code
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

lint: $(DEV)  ## check format and lint
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .

types: $(DEV)  ## check types (mypy strict)
	$(PY) -m mypy

FUZZ_EXAMPLES ?= 10000
fuzz: $(DEV)  ## broken files into every reader (FUZZ_EXAMPLES each)
	FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(PY) -m pytest -q tests/fuzz

generated: $(DEV)  ## rebuild what is generated: study file reference, schemas, blank tables, codebooks, example
	$(PY) -m hepatrial.study
	$(PY) -m hepatrial.simulate

docs: $(DEV)  ## build the manual into site/
	$(PY) -m mkdocs build --strict -q

soak: $(DEV)  ## kill 100 reports at random moments; the old report must stay whole (20 minutes)
	$(PY) bench/soak.py

bench: $(DEV)  ## run the benchmarks (minutes; needs a quiet machine)
	@for script in $(filter-out bench/soak.py,$(wildcard bench/*.py)); do echo "== $$script"; $(PY) $$script; done

lock:  ## rebuild the lock files (needs uv)
	uv pip compile --universal --fork-strategy fewest --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header -q pyproject.toml --group build -o requirements.lock
	uv pip compile --universal --fork-strategy fewest --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header -q pyproject.toml --extra cluster --group build --group dev -c requirements.lock -o requirements-dev.lock

clean:  ## remove the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
