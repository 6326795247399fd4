"""What a text says: words, numbers, times and tables, each with its place.

tokens     sentences, words and numbers; tables, each cell as one sentence; packed, Word and PDF
lexicon    the words of a measure; times, expressions of time and the spans they may mean
scene      which words of a sentence belong to which number
"""
