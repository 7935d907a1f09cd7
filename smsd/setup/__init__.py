"""`smsd setup`: from an empty machine to a configuration that works, by a few questions."""
