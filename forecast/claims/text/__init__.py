"""What a text says: words, numbers, times and tables, each with its place."""
