"""Git: one line a run appended to a file in a repository that others hold too.

The proof is a commit. Its id covers every line before it, so whoever has cloned the repository
since can tell whether the file was rewritten; we tell whether our commits are still in its history.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from forecast.errors import WitnessError
from forecast.store import witnesses
from forecast.store.witnesses import WitnessedEntry
from jobs.witness import commands

FILE, BRANCH = "bordercast.txt", "main"
_THERE = (f"refs/remotes/origin/{BRANCH}", f"refs/heads/{BRANCH}", "HEAD")
# No question is asked that nobody answers, and no hook or signing of the user's is run.
_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": "ssh -o BatchMode=yes"}
_OPTIONS = (
    *("-c", "user.name=Bordercast", "-c", "user.email=bordercast@localhost"),
    *("-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null"),
)


class Repository:
    """A clone of the configured repository.

    Parameters
    ----------
    folder : of the clone; made by `append`. seconds : for each command of git.
    until : the monotonic moment at which all of them are to be done.
    """

    def __init__(self, folder: Path, seconds: float = 60.0, until: float = math.inf) -> None:
        self.folder, self.seconds, self.until = folder, seconds, until

    def append(
        self, address: str, statement: WitnessedEntry, known: Iterable[str]
    ) -> tuple[str, str]:
        """Append a statement and push it; return (commit, its moment).

        Parameters
        ----------
        known : the commits that are proofs of ours; all must still be in the history.

        Raises
        ------
        WitnessError : git fails, or the history was moved.
        """
        if not (self.folder / ".git").exists():
            self._git("clone", "-q", address, str(self.folder), anywhere=True)
        self._git("remote", "set-url", "origin", address)
        # What others pushed is kept: our line goes behind theirs.
        self._git("fetch", "-q", "--prune", "origin")
        tip = self.tip()
        for commit in known:
            self.require(commit, tip)
        if str(statement) not in self.lines(tip):
            onto = ("-f", "-B", BRANCH, tip) if tip else ("--orphan", BRANCH)
            self._git("checkout", "-q", *onto)
            with (self.folder / FILE).open("a", encoding="ascii") as file:
                file.write(f"{statement}\n")
            self._git("add", FILE)
            self._git("commit", "-q", "-m", f"Run {statement.run_id}, entry {statement.entry_id}")
            self._git("push", "-q", "origin", f"HEAD:refs/heads/{BRANCH}")
            self._git("fetch", "-q", "origin")
        # The commit that added it; it was pushed, maybe by one of us that was killed.
        added = ("log", "--format=%H", "--reverse", f"-S{statement}", self.tip(), "--", FILE)
        commit = self._git(*added).splitlines()[0]
        return commit, self.moment(commit)

    def moment(self, commit: str) -> str:
        """Return when a commit was made, UTC."""
        at = datetime.fromisoformat(self._git("show", "-s", "--format=%cI", commit))
        return at.astimezone(UTC).isoformat(timespec="seconds")

    def proof(self, commit: str) -> bytes:
        """Return a commit and its object, whose digest it is: it says itself when it was made."""
        return f"{commit}\n{self._git('cat-file', 'commit', commit)}\n".encode()

    def check(self, commit: str, statement: WitnessedEntry) -> None:
        """Raise WitnessError unless a commit is in the history, and says this."""
        self.require(commit, self.tip())
        if str(statement) not in self.lines(commit):
            problem = f"commit {commit[:12]} does not have the line of this statement"
            raise WitnessError("git", problem, grave=True)

    def tip(self) -> str:
        """Return the newest commit; "" in an empty repository."""
        if not self.folder.exists():
            raise WitnessError("git", f"there is no clone of the repository at {self.folder}")
        for name in _THERE:
            commit = self._tried("rev-parse", "-q", "--verify", f"{name}^{{commit}}")
            if commit:
                return commit
        return ""

    def require(self, commit: str, tip: str) -> None:
        """Raise WitnessError unless a commit is in the history of another."""
        if not tip or self._tried("merge-base", "--is-ancestor", commit, tip) is None:
            problem = (
                f"moved history: commit {commit[:12]}, which was pushed, is no longer in the "
                "history of the repository; somebody rewrote the record or the repository"
            )
            raise WitnessError("git", problem, grave=True)

    def lines(self, commit: str) -> list[str]:
        """Return the file's lines as of a commit; none before the first."""
        return (self._tried("show", f"{commit}:{FILE}") or "").splitlines() if commit else []

    def statements(self) -> list[WitnessedEntry]:
        """Return every statement in the file now."""
        return [
            statement for line in self.lines(self.tip()) if (statement := witnesses.parse(line))
        ]

    def _tried(self, *words: str) -> str | None:
        try:
            return self._git(*words)
        except WitnessError:
            return None

    def _git(self, *words: str, anywhere: bool = False) -> str:
        where = () if anywhere else ("-C", str(self.folder))
        command = ("git", *where, *_OPTIONS, *words)
        # Ten commands, each of which a slow server holds up to its end, are too many.
        seconds = max(min(self.seconds, self.until - time.monotonic()), 0.001)
        return commands.output("git", command, seconds, environment=_QUIET).decode().strip()
