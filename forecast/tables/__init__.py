"""Tables as people keep them: a file -> cells -> months and numbers -> which column is what.

read          the front door: a table of any form -> series side by side
sheet, workbook, markup    files, workbooks, web pages -> a grid of cells
grid, header, layouts, roles    one table, its header, how it lies, which column is what
dates, numerals, languages, words    months and counts in whatever way people write them
"""
