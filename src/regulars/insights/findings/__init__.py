"""Findings: one-sentence summaries of the rows of an analysis."""
