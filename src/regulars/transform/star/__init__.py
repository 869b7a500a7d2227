"""Build the star schema: dimensions and the sales fact."""
