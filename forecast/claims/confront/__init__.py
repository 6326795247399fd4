"""The third layer: a number that is one thing and is called another."""
