"""Personal data: pseudonyms, the key they are made with, and contact data."""
