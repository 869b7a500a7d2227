"""The engines that a test of warehouses runs on."""

import pytest

POSTGRESQL_IF_THOROUGH = pytest.mark.parametrize(
    "engine",
    ["duckdb", pytest.param("postgresql", marks=pytest.mark.thorough)],
    indirect=True,
)
"""DuckDB in `make test`; PostgreSQL, which another test of the module uses there, if thorough."""
