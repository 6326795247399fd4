"""Python's own hook: every process that an answer starts lives at the moment that it is given.

By a file beside this one: most variables of a command are not told to the processes it starts.
"""

from pathlib import Path

if (moment := Path(__file__).with_name("moment")).exists():
    import time

    import time_machine

    time_machine.travel(moment.read_text(), tick=False).start()
    time.perf_counter = lambda: 0.0  # how long fits took is on record, and digested
