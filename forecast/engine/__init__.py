"""Series to forecasts: the gate between two models, calibration, and the scores.

`refit` is the front door; `combination` and `intervals` are what it does, `scores` is how it is
judged.
"""

ENGINE = "bordercast"  # its name among the models
VERSION = "5"  # raised when the numbers change, so that hindcasts are made anew
