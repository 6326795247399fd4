"""Are the answers still the same? `make same [BASE=commit] [RENEW=1 [WHY=file]] [CHECK=1]`

Makes the records of `records.py` with the program of a commit and with that of this tree, asks both
all that `asking.py` knows, and shows what differs: a summary, then each changed word, then each
changed number, once with how many texts share it. Digests are apart: a migration changes them all.
Nothing is drawn, plots are kept as their specs; help is asked in the words of encounters, seizures,
pounds and one own record; of standing chances, months and parts a few are asked, by `records.py`.
RECORDS="own" takes some records only. The answers of a commit are kept in .same; PROCESSES=1 takes
one core. RENEW=1 writes the hashes of today's answers to tests/same/answers.txt, by record and
kind, each with the reason why it changed last: from WHY's lines, "KIND reason" or "RECORD KIND
reason", else as answered at the terminal. CHECK=1 compares with these.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import compare
from records import RECORDS
from renewal import changed_kinds, committed, reasons, renewed

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
KEPT = ROOT / ".same"
HASHES = HERE / "answers.txt"
HEAD = """\
# What a record answers, a hash for each kind of answer, and why it changed last; see __main__.py.
# Who means to change something runs `make same`, reads the differences, then `make same RENEW=1`.
"""
# Digests are another's to keep; where the optimizers of models that are fitted anew end depends on
# the processor, and on where memory lies.
UNHASHED = ("digests", "refitted")
PROCESSES = int(os.environ.get("PROCESSES", "2"))


def git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, text=True, capture_output=True, check=True)
    return done.stdout.strip()


def where_the_branch_began() -> str:
    for other in ("origin/main", "main"):
        done = subprocess.run(
            ["git", "merge-base", other, "HEAD"], cwd=ROOT, text=True, capture_output=True
        )
        if done.returncode == 0:
            return done.stdout.strip()
    return git("rev-parse", "HEAD")


def question() -> str:
    """A hash of what is asked, of what, and with which libraries."""
    hasher = hashlib.sha256((ROOT / "constraints.txt").read_bytes())
    for path in sorted(HERE.rglob("*.py")):
        if path.name not in ("__main__.py", "compare.py", "renewal.py"):
            hasher.update(path.read_bytes())
    return hasher.hexdigest()[:12]


def answered(tree: Path, folder: Path, names: list[str]) -> Path:
    """The answers of a tree's program, a folder a record; those that are there already are kept."""
    wanted = [name for name in names if not (folder / name).exists()]
    home = folder / "home"  # an empty one, and nothing else of whoever asks
    home.mkdir(parents=True, exist_ok=True)
    of_the_machine = {k: v for k, v in os.environ.items() if k in ("PATH", "LD_LIBRARY_PATH")}
    fixed = {"HOME": str(home), "LANG": "C.UTF-8", "TZ": "UTC", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(HERE / "render.py"), str(tree), str(folder), str(PROCESSES), *wanted],
        env=of_the_machine | fixed | {"PYTHONPATH": str(tree)}, cwd=folder,
    )  # fmt: skip
    if wanted and done.returncode:
        raise SystemExit(done.returncode)
    return folder


def of_commit(commit: str, names: list[str]) -> Path:
    """The answers of a commit's program, made in a tree of its own."""
    folder = KEPT / f"{commit[:12]}-{question()}"
    if all((folder / name).exists() for name in names):
        return folder
    tree = KEPT / f"tree-{commit[:12]}"
    if not tree.exists():
        git("worktree", "add", "--detach", "--quiet", str(tree), commit)
    try:
        return answered(tree, folder, names)
    finally:
        git("worktree", "remove", "--force", str(tree))


def of_today(names: list[str]) -> Path:
    folder = KEPT / "today"
    shutil.rmtree(folder, ignore_errors=True)
    return answered(ROOT, folder, names)


def hashes(answers: Path, names: list[str]) -> dict[str, str]:
    """ "RECORD KIND" -> a hash of its texts, of those that are the same everywhere."""
    found = {}
    for name in names:
        for kind in sorted(path for path in (answers / name).iterdir() if path.is_dir()):
            if kind.name in UNHASHED:
                continue
            hasher = hashlib.sha256()
            for path in sorted(kind.rglob("*.txt")):
                hasher.update(f"{path.relative_to(kind)}\n".encode() + path.read_bytes())
            found[f"{name} {kind.name}"] = hasher.hexdigest()[:16]
    return found


def check(found: dict[str, str], names: list[str]) -> int:
    """Say which kinds of answers are others than the hashes committed say; 1 if any is."""
    others = changed_kinds(committed(HASHES.read_text("utf-8")), found, names)
    if not others:
        print(f"the same: {len(found)} kinds of answers of {len(names)} records")
        return 0
    print(f"{len(others)} of {len(found)} kinds of answers are not those of {HASHES.name}:")
    print("".join(f"    {key}\n" for key in others), end="")
    print("`make same BASE=commit` shows what changed. If it was meant: `make same RENEW=1`.")
    return 1


def main() -> int:
    every = [record.name for record in RECORDS]
    options = argparse.ArgumentParser(prog="make same")
    options.add_argument("--base", default="", help="Compare with this commit's answers.")
    options.add_argument("--records", default=" ".join(every), help=f"Only these of {every}.")
    options.add_argument("--renew", action="store_true", help=f"Write {HASHES.name} anew.")
    options.add_argument("--why", type=Path, help='Lines "KIND reason", for --renew.')
    options.add_argument("--check", action="store_true", help=f"Compare with {HASHES.name} alone.")
    options.add_argument("--lines", type=int, default=200, help="Of each list of differences.")
    given = options.parse_args()
    names = given.records.split()
    if unknown := set(names) - set(every):
        raise SystemExit(f"no record {', '.join(sorted(unknown))}; there are {', '.join(every)}")
    if given.renew or given.check:
        found = hashes(of_today(names), names)
        if given.check:
            return check(found, names)
        before, rest = committed(HASHES.read_text("utf-8")), set(every) - set(names)
        changed = changed_kinds(before, found, names)
        why = reasons(changed, given.why.read_text("utf-8") if given.why else None)
        if silent := [key for key in changed if not why[key]]:
            print("Nothing was renewed: no reason is given for", *silent, sep="\n    ")
            return 1
        others = {key: value for key, value in before.items() if key.split()[0] in rest}
        whole = sorted(
            (others | renewed(before, found, why)).items(),
            key=lambda line: every.index(line[0].split()[0]),
        )
        lines = (f"{key} {value} {said}".rstrip() + "\n" for key, (value, said) in whole)
        HASHES.write_text(HEAD + "".join(lines), "utf-8")
        print(f"{HASHES.relative_to(ROOT)}: {len(found)} kinds of answers of {len(names)} records")
        return 0
    base = git("rev-parse", given.base or where_the_branch_began())
    before, now = of_commit(base, names), of_today(names)
    return compare.show(before, now, names, base[:12], given.lines)


if __name__ == "__main__":
    sys.exit(main())
