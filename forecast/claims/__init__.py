"""What people write about what is counted, checked against the record.

truth             the counts of every series in memory; spans of months; whose counts they are
verdict           claimed number + truth -> verdict: the tolerances, pure functions
tokens, times     words, numbers and expressions of time of a text, by tables of patterns; what
                  the text has said so far
mentions          which words of a sentence belong to which number
readings          what a number may mean: rows of one table, most likely first, each at a cost
                  (weights)
features          how a number stands in its sentence: a count, a change, a share, no claim
comparisons, shares, extremes    what changes, shares and ranks are measured against
packed            Word and PDF files as text
decide            a text -> claims with their verdicts; explain says them in words
together          a text held against several measures
fact              one claim asked by name; what a bare number is
documents, annotate    files -> text; the marked text for terminal, HTML and JSON
"""
