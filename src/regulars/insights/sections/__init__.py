"""Sections: a title, a finding, a chart and a table about one subject."""
