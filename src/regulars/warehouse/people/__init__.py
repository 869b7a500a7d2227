"""Pseudonyms, the key behind them, and contact data."""
