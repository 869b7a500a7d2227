"""Readers for sales in files: delimited text, Excel, Parquet and pg_dump."""
