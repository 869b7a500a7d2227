"""Warehouses in PostgreSQL."""
