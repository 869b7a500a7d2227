"""Shared by several analyses: filters, first orders, discount bands, buyer types, columns."""
