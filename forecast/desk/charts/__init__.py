"""Every picture: one grammar, and what is drawn with it."""
