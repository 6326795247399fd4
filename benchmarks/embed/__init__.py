"""How the figures that come with the program were made."""
