"""Every picture: one grammar, and what is drawn with it.

grammar, svg    how layers are written and drawn; forecasts, explanations: the pictures
"""
