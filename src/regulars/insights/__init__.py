"""What an answer says and shows: sections, findings, charts and the report."""
