"""CBP's Nationwide Encounters: `source.toml` says all of them."""
