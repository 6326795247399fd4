"""The fourth layer: verdicts and readings in words."""
