"""A notice and its corrections: what they say, and the mail that says it. Sends nothing."""
