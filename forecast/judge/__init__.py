"""A published month against the forecast made before it: judgements and flags.

judging       each published month, judged once; surprise: how unusual it is
episodes      what a flag turns into; drift: many small deviations the same way
drivers, parts    which parts moved a total; a part while its total is flagged
questions, standing    what every run is asked, and how good its chances were
changes, replay    why a forecast moved; the service as it would have been
"""
