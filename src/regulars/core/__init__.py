"""The ground every other package stands on: errors, schema, settings, calendar, formatting."""
