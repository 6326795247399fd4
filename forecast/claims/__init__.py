"""What people write about what is counted, checked against the record.

spans, subjects    a stretch of months; whose counts a number is about
table              the counts of every series in memory, read once
judge              claimed number + truth -> verdict: the tolerances, pure functions
lexicon, tokens    words and numbers of a text; lexicon.toml is for people to extend
times              expressions of time -> spans, as of the day of publication
clauses            which words of a sentence belong to which number
senses             what a number may mean, most likely first
checker            a text -> claims with their verdicts
lookup             a bare number -> the series and months that it is
documents          files (text, HTML, Word, PDF) -> text, within limits
asked              one claim asked by name: series, span, claim
wording, marked    verdicts in words; the marked text for terminal and HTML
"""
