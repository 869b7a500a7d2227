"""Type, validate and classify rows; quarantine what fails."""
