# Two commands do everything on a fresh machine with Python 3.11 or newer: make demo, make test.
.DEFAULT_GOAL := help
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
LOCKS := requirements/run.txt requirements/dev.txt
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --require-hashes

.PHONY: help demo test unit crash thorough lint lock bench bench-engines bench-dashboard screenshots clean

help:
	@echo "make demo   build a warehouse and a report from real sales"
	@echo "make test   install what the tests need, and run them all"
	@echo "make lint   linters, type checker, layer contract"
	@echo "make bench  measure against pandas and hand-written SQL"
	@echo "make bench-engines  measure PostgreSQL and Spark"
	@echo "make bench-dashboard  measure the dashboard beside an empty page"

$(VENV)/run: requirements/run.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Regulars needs Python 3.11 or newer with venv and pip (Debian: apt install python3-venv)."; exit 1; }
	@echo "Installing into $(VENV) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) -r requirements/run.txt
	@$(BIN)/python -m pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev: $(VENV)/run requirements/dev.txt
	@echo "Installing what the tests need …"
	@$(PIP) -r requirements/dev.txt
	@touch $@

demo: $(VENV)/run
	@$(BIN)/regulars demo
	@$(BIN)/regulars dashboard -w regulars-demo.duckdb

test: $(VENV)/dev
	@tools/ensure-packages chromium mariadbd:mariadb-server-core my_print_defaults:mariadb-client-core nginx
	@JAVA_HOME=$$(tools/ensure-java) && export JAVA_HOME && \
		$(BIN)/python -m pytest -n 2

unit: $(VENV)/dev
	@$(BIN)/python -m pytest -n 2 --ignore=tests/report --ignore=tests/sources -k "not spark"

crash: $(VENV)/dev
	@REGULARS_KILLS=100 $(BIN)/python -m pytest tests/loads/test_safety.py \
		tests/sync/test_killed.py tests/engines/test_postgres.py -k "random or killed_at_any"

thorough: $(VENV)/dev
	@REGULARS_EXAMPLES=100 $(BIN)/python -m pytest tests/loads/test_sequences.py \
		tests/privacy/test_forget.py -k "sequences or whenever" -n 2

lint: $(VENV)/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
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
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url --no-header --extra report --extra dashboard --extra polars --extra postgres --extra mysql --extra sqlserver --extra spark --group build --group dev pyproject.toml -c requirements/run.txt -o requirements/dev.txt

clean:
	rm -rf $(VENV) regulars-demo.duckdb regulars-demo.html
