"""The models that settings may name, a file each; `forecast.plugins` finds them by their names."""
