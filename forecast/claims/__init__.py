"""What people write about what is counted, checked against the record.

check         a text -> claims with their verdicts; answers: marked, for terminal, HTML and JSON
reader        a text sentence by sentence, through the rooms:
text          what a text says: words, numbers, times and tables
trace         the counts on record that a number is
relate        what is said between numbers: changes, shares, ranks
confront      a number that is one thing and is called another
record        the counts in memory; the tolerances, as pure functions
show          verdicts and readings in words
fact          one claim asked by name; what a bare number is
documents     files -> text
"""
