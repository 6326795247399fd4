"""The record of what was said when: the schema as migrations, and every SQL statement.

connect       open, lock, migrate, one transaction; errors in words
queries       the statements of queries.sql by name; views.sql has the views
read          what is shown of the record, where that takes more than one statement
releases      files and what they state: snapshots in, counts out; inventory, which are held
observations  how values are kept: a row where a release differs from the one before
measures      which measures a record has, and their words
inputs        what a run reads, before it writes anything
runs          what a run writes, in one transaction; runs withdrawn
judgements    when each month became known; judgements that claim too much
reports       what is on record about a month
notices       what is to be told, and who approved it
ops           the second file, ops.db; deliveries, what became of each message; wakes, the service
ledger        the chain of entries that shows an edit; kinds, what each states, as data; lawful, what
              it may not; scheme1, digests of earlier programs
integrity     the ledger compared with the tables; looking a quoted digest up
copies        whole copies of a database; held, one held open for readers
"""
