"""Series to forecasts: the gate between two models, calibration, and the scores.

forecast      the front door: a panel and models in, forecasts out; anyseries: of any own counts
refit         the engine itself, in blocks of series; refits: models that are fitted anew
panel         counts -> the panel that models see; parameters: every number of the method
combination, intervals, tails, predictive    paths of models -> one distribution a month
surprises, smallcounts, mixtures    where one t cannot say it: two ways, and counts as counts
paths, joint, simulation    draws of whole futures, of one series and of all together
conditional   a whole of which somebody has said a part before its file
unsure        forecasts from months that are completed, and as sure as that
spans         sums over months and chances
scores, skill    how forecasts are judged
"""

ENGINE = "bordercast"  # its name among the models
NAIVE = "naive"  # no change: the rival that all are held against
PROVISIONAL = "provisional"  # its forecasts of a whole of which a figure says a part
VERSION = "5"  # raised when the numbers change, so that hindcasts are made anew
