"""Witnesses: somebody outside sees the record before the truth is known, and we keep the proof."""
