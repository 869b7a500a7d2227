"""Read orders from files: text, Excel, Parquet, pg_dump."""
