"""Every view and column described once."""
