"""The page: what the record says, as files that any web server or none can show.

`reading` reads the record once, `page_kinds` lists every kind of page, `page` makes one with its
tables, `pictures` the charts inside it, `output` writes what changed. No scripts, and nothing from
anywhere else.
"""
