"""Who may see what: login, sessions, access control."""
