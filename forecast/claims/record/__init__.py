"""What is counted: the record in memory, and whether it has a claimed number."""
