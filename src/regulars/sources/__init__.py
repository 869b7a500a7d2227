"""Extract: read files and databases into raw tables with mapped columns."""
