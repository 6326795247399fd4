"""The record of what was said when: the schema as migrations, and every SQL statement.

connect    open, lock, migrate, one transaction
releases   files and what they state: snapshots in, counts out
chain      how values are kept: a row where a release differs from the one before
judgements  when each month became known; judgements that claim too much
inventory  which files are held or refused, and why
vintages   what was known on a given day
ops        the second file, ops.db: polls, and what they found
runs       forecasts, hindcasts, judgements: one publishing transaction
watch      what the watch reads and writes: flags, episodes, drivers
notices    what is to be told, and who approved it
deliveries what became of each message, in ops.db
ledger     the chain of entries that shows an edit; digest_parts, what one states; scheme1, digests
           as earlier programs made them
integrity  the ledger compared with the tables; looking a quoted digest up
trouble    what SQLite's own errors mean to a person
withdrawals  faulty runs, passed over
log        the write-ahead log, and who keeps it from being emptied
service    what the daemon did, and the last verification, in ops.db
copies     whole copies of a database: backup, restore, the analysts' file
retention  what may be deleted

For reading alone, with the standard library and quick to import:

read       what the commands show
flags, cite, plots, findings, views, exports    flags; one month; charts; notices; any view; files
condition  what `status` and `doctor` ask
page, questions, held    what the page asks, what it offers to ask, and the file it asks
"""
