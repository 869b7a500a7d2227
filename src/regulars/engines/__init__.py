"""The database engines: DuckDB, PostgreSQL and Spark. The only package that names an engine."""
