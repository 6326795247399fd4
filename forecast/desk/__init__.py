"""What people see.

facts         all that is true of one month, decided once; sentences: each written once
provisional   a month's count before its file, and what it changes; vintages: what was known then
groups        what each agency counted of its own groups
answers       sums, chances and paths of the last run; movers, comparison: things side by side
figures       what facts decided, as rows that the auditor computes again
dictionary    what every view and column means; export, hub, frames: the record as files and tables
long_frames   anybody's monthly counts as a DataFrame, forecast
terminal, yearly, handout    tables in a terminal, the yearly report, a month to pass on
charts, site, templating    every picture, every page, and their templates
"""
