"""Read other people's data: files and databases into raw tables with mapped columns."""
