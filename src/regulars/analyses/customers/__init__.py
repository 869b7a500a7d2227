"""Analyses about customers: RFM, cohorts, segment history, high value."""
