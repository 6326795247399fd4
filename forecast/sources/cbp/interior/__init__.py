"""Border Patrol's arrests At Entry and At Large, from the tables of CBP's pages.

source  the source itself: its pages, and that it completes the record of encounters
page    a page's table -> counts and the totals they must add up to
"""
