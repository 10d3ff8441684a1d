"""Who may call the service: keys, tokens of an issuer, scopes, and how often."""
