"""The HTML shared by the report and the dashboard: templates, style sheet, fragments."""
