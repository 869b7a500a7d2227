"""Turn raw rows into typed lines, current orders and the star schema."""
