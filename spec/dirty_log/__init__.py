"""Migration with assigned devices: the dirty log, and mappings that go while it is kept."""
