"""The PostgreSQL engine: a warehouse is a schema of a database."""
