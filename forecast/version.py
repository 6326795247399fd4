"""The version, for everybody who names it."""

__version__ = "1.0.0"
