"""Versions of an order, unchanged orders, and reconciliation."""
