"""The demo: sample sales, a sample shop database, and syncs from it."""
