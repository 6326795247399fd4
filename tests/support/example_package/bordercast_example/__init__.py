"""A model and a channel that an installed package offers."""
