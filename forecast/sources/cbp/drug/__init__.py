"""CBP's drug seizures: events and pounds, two measures of one file."""
