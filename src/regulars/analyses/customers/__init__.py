"""Customer analyses: RFM, segment history, cohorts, high-value customers."""
