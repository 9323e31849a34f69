"""Protocols, one folder each: the spec, an executable reference, and the bridge between them."""
