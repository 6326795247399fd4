"""The process that writes the page's files: `python -m jobs.web.build_process COPY FOLDER ADDRESS`.

For `bordercast web` where no folder is named. It says `first` once the first page is there, and
then `done`, or a line of JSON with what is wrong; it ends when its standard input does.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path

from forecast import child, months
from forecast.config import Config
from forecast.context import Context
from forecast.errors import BordercastError
from forecast.store import held


def main(copy: str, folder: str, address: str) -> None:
    """Write all of it."""
    threading.Thread(target=child.die_with_parent, daemon=True).start()
    try:
        snapshot = held.hold(Path(copy), 1)
        context = Context.open(Path(copy), Config())
        from jobs import site

        def first() -> None:
            print("first", flush=True)
            with suppress(OSError):  # where system calls are filtered
                os.nice(10)  # from now on somebody may be reading

        site.build(snapshot.connections[0], context, Path(folder), months.today(), address, first)
        print("done", flush=True)
    except BordercastError as error:
        problem = str(getattr(error, "problem", error))
        print(json.dumps({"problem": problem, "words": str(error)}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
