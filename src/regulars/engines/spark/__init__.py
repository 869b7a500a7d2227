"""Warehouses in folders of Parquet files that Spark reads and writes."""
