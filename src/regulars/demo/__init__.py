"""The demo: sample sales, and a sample shop database that syncs read from."""
