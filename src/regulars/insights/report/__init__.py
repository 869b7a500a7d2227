"""The report: one self-contained HTML page, ready to forward."""
