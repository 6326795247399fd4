"""Every sentence about a month, a flag, a forecast and the record, once.

monthly, unusual    a published month, and one that stands out; section: what a notice says
ahead, skill        forecasts, chances and sums; whether their skill may be chance
trust, own_counts    how far to trust the figures; what is said of a file of own counts
"""
