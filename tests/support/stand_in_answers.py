"""A process that answers as `jobs.web.children` does, in a moment: it does what it is asked.

/slow never answers, /patient not in the first process of a copy, /die ends, /large gives a
megabyte, and anything else says what was asked and by which process.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from forecast import child


def work(question: bytes, say: child.Say) -> None:
    if not question:
        found = os.stat(sys.argv[1])
        identity = [found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size]
        say(json.dumps({"ready": identity}).encode() + b"\n")
        return
    asked = json.loads(question)
    begun = Path(f"{sys.argv[1]}.begun")  # by which the first process is known
    if asked["path"] == "/slow" or (
        asked["path"] == "/patient" and begun.read_text() == str(os.getpid())
    ):
        time.sleep(600)
    if asked["path"] == "/die":
        os._exit(1)
    said = {
        **asked,
        "pid": os.getpid(),
        "told": sys.argv[1:],
        "secret": os.environ.get("BORDERCAST_MAIL_PASSWORD"),
    }
    large = asked["path"] == "/large"
    answer = b"x" * 1_000_000 if large else json.dumps(said).encode()
    head = {"status": 200, "headers": {"content-type": "application/json"}}
    if asked["path"] == "/refused":
        head = {"status": 400, "title": "No", "words": "Because."}
    say(json.dumps(head).encode() + b"\n" + answer)


if __name__ == "__main__":
    if not Path(sys.argv[1]).exists():
        sys.exit(1)
    with suppress(FileExistsError), Path(f"{sys.argv[1]}.begun").open("x") as first:
        first.write(str(os.getpid()))
    child.serve(work)
