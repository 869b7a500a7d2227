"""What results mean and how they look: sections, findings, charts and the report."""
