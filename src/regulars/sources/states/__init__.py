"""Words by which shop systems say what a row is, and what became of an order."""
