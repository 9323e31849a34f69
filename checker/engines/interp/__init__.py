"""The interpreter: the definition of meaning. Plain and slow; everything else is measured by it."""
