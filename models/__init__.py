"""Statistics: numbers in, numbers out. Knows no total, no file, no database.

`base` has the contract; each file of `offered` is a model that settings may name.
"""
