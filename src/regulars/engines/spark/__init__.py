"""The Spark engine: a warehouse is a folder of Parquet files."""
