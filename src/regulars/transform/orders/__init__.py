"""Versions of an order, unchanged orders, corrections, and reconciliation."""
