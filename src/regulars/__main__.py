"""`python -m regulars` is the command line."""

from regulars.cli import main

main()
