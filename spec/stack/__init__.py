"""The whole stack: see README.md."""
