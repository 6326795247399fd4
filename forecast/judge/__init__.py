"""A published month against the forecast made before it: judgements and flags."""
