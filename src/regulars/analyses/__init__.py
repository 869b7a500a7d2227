"""Metrics, segments and analyses: pure functions from Ibis tables to Ibis tables."""
