"""Warehouses in DuckDB files, and the DuckDB workspace every build uses."""
