"""Read orders from a live shop database."""
