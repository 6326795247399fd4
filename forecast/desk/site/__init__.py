"""The page: what the record says, as files that any web server or none can show.

`reading` reads the record once, `page_kinds` lists every kind of page, `build` makes
them, `pictures` the charts inside, `feeds` and `metadata` what programs read, `output` writes what
changed. No scripts, and nothing from anywhere else.
"""
