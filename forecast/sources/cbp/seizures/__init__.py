"""CBP's drug seizures: two measures of one file, each a source with a record of its own.

source    the two sources: seizures (events) and pounds, in words
files     a file's name and rows
snapshot  rows -> what a release says of one measure
bundle    the figures that come with the program
"""
