"""Who may see what: login, sessions, roles, access rules."""
