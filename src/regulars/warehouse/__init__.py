"""Read a warehouse: open it, query it, read its ledger and quarantine."""
