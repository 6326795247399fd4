"""The second layer: what is said between numbers."""
