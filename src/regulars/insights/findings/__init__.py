"""Findings: plain sentences computed from answers."""
