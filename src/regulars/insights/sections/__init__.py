"""Sections: a topic, a finding, charts and tables about one subject."""
