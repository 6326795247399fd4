"""The page: what the record says, to look at, in a browser.

    site      which snapshot is shown, who may ask, what answers (Starlette)
    answers   answers that need no record, and the headers of all
    edition   one snapshot, held open, with everything made of it
    pages     pages as HTML, and what templates are told
    limits    what a visitor's query may cost
    querying, plugin, rows
              Datasette on that snapshot, bounded, with our templates; for a process of its own
    front, border, month
              what a page of ours shows, from the record
    status    what every page rests on, and when the next figures are due
    newest    a border's newest month
    cards     flags in words, with all comparisons
    pictures  charts in the sizes a page needs
    glossary  what the words mean
    metadata  what Datasette says of views, columns and queries
    markup    words that name commands, as HTML
    static    style and icon

Everything one answer shows comes from one file, so that two runs never mix. No scripts, and
nothing from anywhere else.
"""
