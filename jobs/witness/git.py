"""Git: one line a run appended to a file in a repository that others hold too.

The proof is a commit. Its id covers every line before it, so whoever has cloned the repository
since can tell whether the file was rewritten; we tell whether our commits are still in its history.
It proves an order and no moment: whoever makes a commit dates it. Who may push there may be our
enemy: nothing of it ever becomes a file here, our commit is made of objects alone.
"""

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
    *("-c", "fetch.recurseSubmodules=false", "-c", "protocol.ext.allow=never"),
)
_FETCH = ("fetch", "-q", "--prune", "--no-tags", "origin")
_PLAIN = b"100644 blob"


class Repository:
    """A clone of the configured repository.

    folder : of the clone; made by `append`. seconds : for each command of git.
    until : the monotonic moment at which all of them are to be done.
    """

    def __init__(self, folder: Path, seconds: float = 60.0, until: float = math.inf) -> None:
        self.folder, self.seconds, self.until = folder, seconds, until

    def append(
        self, address: str, statement: WitnessedEntry, known: Iterable[str]
    ) -> tuple[str, str]:
        """Append a statement and push it; return (commit, its moment).

        known : the commits that are proofs of ours; all must still be in the history.

        WitnessError if git fails, or the history was moved.
        """
        if not (self.folder / ".git").exists():
            self._git("clone", "-q", "--no-checkout", address, str(self.folder), anywhere=True)
        self._git("remote", "set-url", "origin", address)
        # What others pushed is kept: our line goes behind theirs.
        self._git(*_FETCH)
        tip = self.tip()
        for commit in known:
            self.require(commit, tip)
        if str(statement) not in self.lines(tip):
            self._git("push", "-q", "origin", f"{self._commit(tip, statement)}:refs/heads/{BRANCH}")
            self._git(*_FETCH)
        # The commit that added it; it was pushed, maybe by one of us that was killed.
        form = ("log", "--format=%H", "--topo-order", "--reverse", "--no-ext-diff", "--no-textconv")
        commit = self._git(*form, f"-S{statement}", self.tip(), "--", FILE).splitlines()[0]
        return commit, self.moment(commit)

    def _commit(self, tip: str, statement: WitnessedEntry) -> str:
        """Return a commit on another, "" if none, that adds a statement's line to the file."""
        content = self._content(tip)
        if content and not content.endswith(b"\n"):
            content += b"\n"
        blob = self._git("hash-object", "-w", "--stdin", given=content + statement.line())
        # All else in the tree is left as it is.
        others = self._bytes("ls-tree", "-z", tip).split(b"\0") if tip else []
        entries = [line for line in others if line and line.partition(b"\t")[2] != FILE.encode()]
        ours = b"%b %b\t%b" % (_PLAIN, blob.encode(), FILE.encode())
        tree = self._git("mktree", "-z", given=b"".join(line + b"\0" for line in (*entries, ours)))
        parent = ("-p", tip) if tip else ()
        message = f"Run {statement.run_id}, entry {statement.entry_id}"
        return self._git("commit-tree", tree, *parent, "-m", message)

    def moment(self, commit: str) -> str:
        """Return when a commit was made, UTC."""
        at = datetime.fromisoformat(self._git("show", "-s", "--format=%cI", commit))
        return at.astimezone(UTC).isoformat(timespec="seconds")

    def proof(self, commit: str) -> bytes:
        """Return a commit and its object, whose digest it is."""
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
        return self._content(commit).decode(errors="replace").splitlines() if commit else []

    def _content(self, commit: str) -> bytes:
        """Return the file as of a commit, empty before the first; WitnessError if it is no file."""
        listed = self._bytes("ls-tree", commit, "--", FILE) if commit else b""
        if not listed:
            return b""
        how, _, blob = listed.partition(b"\t")[0].rpartition(b" ")
        if how != _PLAIN:
            problem = f"{FILE} is no plain file in commit {commit[:12]}; somebody replaced it"
            raise WitnessError("git", problem, grave=True)
        return self._bytes("cat-file", "blob", blob.decode())

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

    def _git(self, *words: str, anywhere: bool = False, given: bytes = b"") -> str:
        output = self._bytes(*words, anywhere=anywhere, given=given)
        return output.decode(errors="replace").strip()

    def _bytes(self, *words: str, anywhere: bool = False, given: bytes = b"") -> bytes:
        # A clone that is verified may be another user's.
        ours = ("-C", str(self.folder), "-c", f"safe.directory={self.folder.resolve()}")
        command = ("git", *(() if anywhere else ours), *_OPTIONS, *words)
        # Ten commands, each of which a slow server holds up to its end, are too many.
        seconds = max(min(self.seconds, self.until - time.monotonic()), 0.001)
        return commands.output("git", command, seconds, given, _QUIET)
