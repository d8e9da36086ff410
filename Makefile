# Everything runs in .venv, which is made on first need. `make help` lists the targets.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
# A new environment when the requirements change.
STAMP := $(VENV)/requirements-$(shell sha256sum pyproject.toml | cut -c1-12)
REPORT ?= demo-report

.DEFAULT_GOAL := help
.PHONY: help build demo test test-portable test-full lint format asan bench wheel clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install -q --upgrade pip
	$(PY) -m pip install -q $$($(PY) tools/requirements.py build test demo plot data interop lint)
	@echo "compiling the C core for this machine, a few minutes the first time"
	$(PY) setup.py -q build_ext --inplace
	PYTHONWARNINGS=ignore $(PY) -m pip install -q --no-deps --no-build-isolation -e .
	rm -f $(VENV)/requirements-* && touch $@

build: $(STAMP) ## Compile the C core in place
	$(PY) setup.py -q build_ext --inplace

demo: build ## Run the main job; writes demo-report/report.html
	$(PY) -m neurokit demo --out $(REPORT)

test: build ## Run the tests
	$(PY) -m pytest -m "not full" --ignore=tests/full

test-portable: build ## Run the engine's tests as on a CPU without AVX: interpreter, baseline kernels
	NEUROKIT_CPU=v2 $(PY) -m pytest -q tests/core --deselect tests/core/test_table_fuzz.py::test_random_calls

test-full: build ## Run all tests, the long checks too
	NEUROKIT_FULL=1 $(PY) -m pytest

lint: $(STAMP) ## Check style; compile with warnings as errors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	NEUROKIT_WERROR=1 $(PY) setup.py -q build_ext --inplace

format: $(STAMP) ## Rewrite the Python sources in the house style
	$(BIN)/ruff check -q --fix . || true
	$(BIN)/ruff format .

asan: $(STAMP) ## Tests of the C core under the address and undefined-behaviour sanitizers
	tools/asan.sh $(PY)

bench: build ## Run the benchmarks beside their peers
	$(PY) -m neurokit bench

wheel: $(STAMP) ## Build the wheel into dist/
	$(PY) -m pip wheel -q --no-deps --no-build-isolation -w dist .

clean: ## Remove what was built, not the environment
	rm -rf build dist *.egg-info neurokit/.libs neurokit/_core*.so $(REPORT)
	find . -name __pycache__ -not -path './$(VENV)/*' -exec rm -rf {} +
