"""CBP's Nationwide Encounters: `source.toml` says all of them."""

EXAMPLE = "nationwide-encounters-fy24-fy27-oct-aor.csv"  # of the name of a file
