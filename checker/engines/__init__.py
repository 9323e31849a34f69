"""The engines: each answers questions about a `System` in its own way."""
