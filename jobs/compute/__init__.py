"""Where fits and blocks of series are computed."""
