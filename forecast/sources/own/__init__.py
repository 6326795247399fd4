"""Anybody's monthly counts as a source: read by the forgiving reader, named by the settings."""
