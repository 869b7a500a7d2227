"""Terminal output: tables, loads, lists and files."""
