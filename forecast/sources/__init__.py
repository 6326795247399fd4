"""Where counts come from: one folder a source, one contract, and the list of them.

contract        what the rest of the program may ask of a source
registry        the sources there are, by name
cbp_encounters  everything that knows CBP's encounter files, pages and words
"""
