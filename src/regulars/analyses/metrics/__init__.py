"""Metrics: one function, one figure over the sales fact."""
