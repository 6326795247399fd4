"""A Dask cluster on this machine, until its standard input closes.

    python -m benchmarks.cluster WORKERS

Prints the scheduler's address. In a process of its own, as a cluster is; for the tests too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Dask lets workers give freed memory back at once; the engine's blocks would be mapped anew each
# time, which costs a tenth.
KEEPING = {"MALLOC_TRIM_THRESHOLD_": str(2**27), "MALLOC_MMAP_THRESHOLD_": str(2**25)}
ROOT = Path(__file__).parent.parent


@contextmanager
def running(workers: int = 2) -> Iterator[str]:
    """The address of a cluster's scheduler."""
    command = [sys.executable, "-m", "benchmarks.cluster", str(workers)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | KEEPING,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def main(workers: int) -> None:
    """Run it."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address=":0", host="127.0.0.1"
    ) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]))
