"""CBP's Nationwide Encounters: everything that knows its pages, files, columns, labels and words.

source    the source itself: what is counted, where it is found, what its files agree on
files     a file's name and cells
snapshot  cells -> what a release says
labels    the publisher's labels as people write them
places    the border each sector and field office is at
bundle    the figures that come with the program
"""

EXAMPLE = "nationwide-encounters-fy24-fy27-oct-aor.csv"  # of the name of a file
