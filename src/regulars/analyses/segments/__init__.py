"""Segmentations: each customer gets one label."""
