"""The steps of the month's work: forecast, judge, explain, decide what to report."""
