# Needs Python >= 3.11 and make, nothing else. `make demo` and `make test` set everything up by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help setup demo test check format bench clean
help:
	@echo "make demo    two platforms, 26 sites and cars that charge, on this machine"
	@echo "make test    every test"
	@echo "make check   format, lint, types, import rules"
	@echo "make bench   benchmarks: ratios within one run"
	@echo "make format  put the code into the project's format"

setup: $(VENV)/.ready $(VENV)/.web

$(VENV)/.ready: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

$(VENV)/.web: $(VENV)/.ready src/ocpilot/web/assets/package-lock.json src/ocpilot/web/build.py
	$(BIN)/python -m ocpilot.web.build
	touch $@

demo: setup
	$(BIN)/ocpilot demo

# Several at once, five at most. Those that play whole platforms stay in one, one after the other.
test: setup
	$(BIN)/pytest --numprocesses auto --maxprocesses 5 --dist loadscope --no-loadscope-reorder

check: $(VENV)/.ready
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/pytest tests/unit/test_imports.py tests/unit/test_docs.py

format: $(VENV)/.ready
	$(BIN)/ruff check --fix src tests benchmarks
	$(BIN)/ruff format src tests benchmarks

bench: setup
	for each in benchmarks/bench_*.py; do $(BIN)/python $$each || exit 1; done

clean:
	rm -rf $(VENV) demo-data build
