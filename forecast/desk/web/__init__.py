"""The page: what the record says, to look at, in a browser.

    site      which snapshot is shown, who may ask, what goes with every answer
    edition   one snapshot, held open, with everything made of it
    plugin    our pages in Datasette, which serves the tables and queries
    pages     a page's content, from the record
    cards     flags in words, with all comparisons
    pictures  charts in the sizes a page needs
    metadata  what Datasette says of views, columns and queries

Everything one answer shows comes from one edition, so that two runs never mix. No scripts, and
nothing from anywhere else.
"""
