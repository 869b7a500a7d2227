"""Read order lines from a live shop database."""
