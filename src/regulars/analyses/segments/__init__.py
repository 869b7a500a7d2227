"""Segmentations: each customer gets exactly one label."""
