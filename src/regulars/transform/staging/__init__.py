"""Type, validate and classify rows; quarantine those that fail."""
