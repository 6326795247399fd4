"""The record as files and DataFrames."""
