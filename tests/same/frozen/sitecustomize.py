"""Python's own hook: every process that an answer starts lives at the moment that it is given."""

import os

if moment := os.environ.get("SAME_NOW"):
    import time_machine

    time_machine.travel(moment, tick=False).start()
