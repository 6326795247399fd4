"""The first layer: the counts on record that a number is.

trace     the counts that a number may be, given what its text names
roles     how a number stands in its sentence; when and whose: months and series it may be of
"""
