"""HTML for the report and the dashboard: templates, the style sheet, fragments."""
