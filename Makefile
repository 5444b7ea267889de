# Two commands matter: `make demo` and `make test`. Both work in a fresh clone with Python 3.11+ and make.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: demo test lint types unit versions bench format faults clean

demo: $(VENV)/.dev
	$(BIN)/python examples/pytorch_training.py

test: lint types unit

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

unit: $(VENV)/.dev
	$(BIN)/python -m pytest -m "not faults" -n 2

faults: $(VENV)/.dev
	$(BIN)/python -m pytest -m faults --timeout 3600

# The core on another Python, without torch: make versions VERSIONS="3.12 3.13"
VERSIONS ?= 3.12 3.13
versions:
	for version in $(VERSIONS); do \
	    python$$version -m venv $(VENV)-$$version && \
	    $(VENV)-$$version/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[core-dev]' && \
	    $(VENV)-$$version/bin/python -m pytest -m "not faults" -n 2 || exit 1; \
	done

bench: $(VENV)/.dev
	$(BIN)/python bench/run.py

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The constraints file holds the versions that the tests were seen to pass with.
$(VENV)/.dev: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Origin needs Python 3.11 or newer: make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache
