"""Where fits and blocks of series are computed.

pools         here, in worker processes or on Dask (dask); robust_map: whatever happens to them
orphans       no process outlives the one that started it
"""
