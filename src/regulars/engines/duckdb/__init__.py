"""The DuckDB engine: a warehouse is one file. Builds in PostgreSQL use its workspace, too."""
