"""Export formats: one TOML file for each, with the columns of its file and what each holds."""
