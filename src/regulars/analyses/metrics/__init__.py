"""Metrics: each function returns one figure over the sales fact."""
