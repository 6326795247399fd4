"""The record of what was said when: the schema as migrations, and every SQL statement.

connect       open, lock, one transaction, one way to insert; errors in words
schema        migrations and views, and whether both are as a program made them
queries       the statements of queries.sql by name; views.sql has the views
read          what is shown of the record, where that takes more than one statement
releases      files and what they state: snapshots in, counts out; which are held
measures      which measures a record has, and their words; years, which months their years have
dated         dated statements of what a count was, apart from releases
inputs        what a run reads, before it writes anything
runs          what a run writes, in one transaction; runs withdrawn; aside, what is packed of those
              that another follows
history       what is on record about a month, and since when it is known
notices       what is to be told, and who approved it
ops           the second file, ops.db; deliveries, what became of each message; wakes, the service
ledger        the chain of entries that shows an edit; kinds, what each states, as data; lawful,
              what none may; scheme1, digests of earlier programs
integrity     the ledger compared with the tables; looking a quoted digest up
copies        whole copies of a database; held, one held open for readers; witnesses, kept proofs
"""
