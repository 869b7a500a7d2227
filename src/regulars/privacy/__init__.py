"""What a warehouse holds about one person: find, trace, export."""
