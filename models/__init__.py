"""Statistics: numbers in, numbers out. Knows no total, no file, no database.

`base` has the contract, quantity the kinds of series; each file of `offered` is a model that
settings may name. breakwalk, level, structural (kalman), smallcounts, waiting pass over a series
once (onepass, parameters); refit fits anew;
triangle completes months that came unfinished.
"""
