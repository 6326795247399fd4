"""The version, for everybody who names it."""

__version__ = "2.0.1"
