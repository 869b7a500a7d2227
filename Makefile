# On a fresh machine with Python 3.11 or newer, make demo and make test install everything they need.
.DEFAULT_GOAL := help
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
LOCKS := requirements/run.txt requirements/dev.txt
# Tests start many processes, and each would compile the package again.
unexport PYTHONDONTWRITEBYTECODE
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --require-hashes

.PHONY: help demo test unit crash thorough lint lock bench bench-engines bench-dashboard screenshots clean

help:
	@echo "make demo             build a warehouse from real sales and open its dashboard"
	@echo "make test             install everything the tests need and run them"
	@echo "make unit             run the fast tests, in two minutes"
	@echo "make crash            kill builds, loads and syncs at 100 random moments"
	@echo "make thorough         run further forms of the tests, with more examples and on all lines"
	@echo "make lint             run the linters, the type checker and the import contract"
	@echo "make bench            compare with pandas and hand-written SQL"
	@echo "make bench-engines    measure PostgreSQL and Spark"
	@echo "make bench-dashboard  compare the dashboard with a minimal page"
	@echo "make screenshots      take the screenshots in the docs"
	@echo "make lock             lock the dependencies (needs uv)"
	@echo "make clean            delete the virtual environment and the demo"

$(VENV)/run: requirements/run.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Regulars needs Python 3.11 or newer with venv and pip (Debian: apt install python3-venv)."; exit 1; }
	@echo "Installing into $(VENV) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) -r requirements/run.txt
	@$(BIN)/python -m pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev: $(VENV)/run requirements/dev.txt
	@echo "Installing the test dependencies …"
	@$(PIP) -r requirements/dev.txt
	@touch $@

demo: $(VENV)/run
	@$(BIN)/regulars demo
	@$(BIN)/regulars dashboard -w regulars-demo.duckdb

test: $(VENV)/dev
	@tools/ensure-packages chromium mariadbd:mariadb-server-core my_print_defaults:mariadb-client-core nginx
	@JAVA_HOME=$$(tools/ensure-java) && export JAVA_HOME && \
		$(BIN)/python -m pytest -n 2 -m "not thorough"

unit: $(VENV)/dev
	@$(BIN)/python -m pytest -n 2 -m "not slow and not builds and not thorough" tests/core tests/analyses \
		tests/transform tests/sources tests/insights tests/warehouse tests/test_architecture.py \
		tests/test_docs.py

crash: $(VENV)/dev
	@REGULARS_KILLS=100 $(BIN)/python -m pytest tests/loads/test_safety.py \
		tests/loads/sync/test_killed.py tests/engines/postgres/test_postgres.py -k "killed_at or killed_sync"

thorough: $(VENV)/dev
	@JAVA_HOME=$$(tools/ensure-java) && export JAVA_HOME && \
		$(BIN)/python -m pytest -n 2 -m thorough
	@REGULARS_EXAMPLES=100 $(BIN)/python -m pytest tests/loads/test_sequences.py \
		tests/privacy/test_forget.py -k "sequences or at_any_time" -n 2
	@REGULARS_SHAPES=2000 $(BIN)/python -m pytest tests/loads/test_export_shapes.py \
		tests/test_exports.py -n 2
	@JAVA_HOME=$$(tools/ensure-java) && export JAVA_HOME && \
		REGULARS_WHOLE_SHOP=1 $(BIN)/python -m pytest tests/engines/test_equality.py

lint: $(VENV)/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@MYPYPATH=benchmarks $(BIN)/mypy benchmarks
	@$(BIN)/lint-imports

bench: $(VENV)/dev
	@$(BIN)/python benchmarks/run.py

bench-engines: $(VENV)/dev
	@JAVA_HOME=$$(tools/ensure-java) && export JAVA_HOME && \
		$(BIN)/python benchmarks/engines.py load ask grow

bench-dashboard: $(VENV)/dev
	@tools/ensure-packages chromium
	@$(BIN)/python benchmarks/dashboard.py

screenshots: $(VENV)/dev
	@$(BIN)/python tools/screenshots.py

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url --no-header --extra report --extra dashboard --group build pyproject.toml -o requirements/run.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url --no-header --extra report --extra dashboard --extra mcp --extra polars --extra postgres --extra mysql --extra sqlserver --extra spark --group build --group dev pyproject.toml -c requirements/run.txt -o requirements/dev.txt

clean:
	rm -rf $(VENV) regulars-demo.duckdb regulars-demo.html regulars-demo.key
