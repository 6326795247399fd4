"""Anybody's monthly counts as a source: read by the forgiving reader, named by the settings."""

PART = "part"  # the one dimension of own counts; the settings have people's word for it
