"""The first layer: the counts on record that a number is."""
