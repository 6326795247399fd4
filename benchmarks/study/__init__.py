"""Research on the flags: shocks put into real series, and how often the rules find them."""
