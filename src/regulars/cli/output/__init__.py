"""How the command line shows results: tables, loads, lists, files."""
