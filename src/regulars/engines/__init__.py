"""The database engines: DuckDB, PostgreSQL and Spark. Other packages work with any of them."""
