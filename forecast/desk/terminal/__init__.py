"""The terminal's tables: rows of the store in, rich renderables out."""
