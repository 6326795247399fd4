"""The error tree. Errors carry facts and write their own message.

BordercastError            exit code
├── ConfigError            2   a setting is wrong
│   └── ArgumentError          an argument of the Python interface is
├── SeriesNameError        2   a name that is no series', or several series'
├── SpanError              2   months that cannot be summed, a question that cannot be asked
├── DataError              3   a file or a series is refused
│   ├── RowError               one line of a file
│   ├── FaultsError            a table's faults, all of them
│   ├── AnswerError        2   what an operator says of a file does not fit it
│   ├── ShortSeriesError       a series too short for the model
│   ├── DocumentError          a text that cannot be read
│   └── QuarantineError        a whole file that is not to be believed
│       └── HeldError              one that waits for an operator's answer
├── ClaimError             2   a claim that cannot be read
├── VerifyError            1   the stored record was edited
├── StoreError             1   the disk is full, the database is damaged
├── ClockError             1   the machine's clock cannot be right
├── BusyError              4   somebody else is writing
├── WitnessError           1   a witness that cannot be had, or whose proof does not hold
├── MailError              1   one delivery
└── MailServerError        1   the mail server itself; no delivery's fault

What a caller's argument or data can cause is a ValueError as well.
"""

from collections.abc import Sequence


class BordercastError(Exception):
    """Base of every error this project raises on purpose."""

    exit_code = 1


class ConfigError(BordercastError):
    """A setting that cannot be used.

    path : the configuration file, or "defaults"; "" of what no file says.
    key : dotted name of the setting.
    problem : what is wrong and what would be right.
    line : where in the file, 0 where nobody can say.
    """

    exit_code = 2

    def __init__(self, path: str, key: str, problem: str, line: int = 0) -> None:
        self.path, self.key, self.problem, self.line = path, key, problem, line
        where = f"{path}, line {line}" if line else path
        super().__init__(": ".join(filter(None, (where, key, problem))))


class ArgumentError(ConfigError, ValueError):
    """An argument of the Python interface that cannot be used; parameters as of ConfigError."""


class SeriesNameError(BordercastError, ValueError):
    """A name that names no series, or more than one.

    name : what was asked for, "" if nothing. problem : what is wrong with it.
    choices : names that would do.
    """

    exit_code = 2
    _SHOWN = 12

    def __init__(self, name: str, problem: str, choices: Sequence[str] = ()) -> None:
        self.name, self.problem, self.choices = name, problem, tuple(choices)
        more = len(self.choices) - self._SHOWN
        shown = ", ".join(self.choices[: self._SHOWN]) + (f" and {more} more" if more > 0 else "")
        named = f"{name!r}: " if name else ""
        super().__init__(f"{named}{problem}" + (f"; try {shown}" if shown else ""))


class SpanError(BordercastError, ValueError):
    """A span of months, or a question about one, that has no answer.

    text : as it was asked. problem : what is wrong, and what would be right.
    """

    exit_code = 2

    def __init__(self, text: str, problem: str) -> None:
        self.text, self.problem = text, problem
        super().__init__(f"{text!r}: {problem}")


class DataError(BordercastError, ValueError):
    """A file or a series that is refused; nothing was changed."""

    exit_code = 3

    @property
    def kept(self) -> tuple[str, ...]:
        """The reasons as they may be kept and shown to others: no content of a file is in them."""
        return (str(self),)


class RowError(DataError):
    """One line of a file that cannot be read.

    path : file name.
    line : 1-based line number in the file (the header is line 1).
    column : column name, or "" when the whole line is meant.
    value : the text found.
    problem : what is wrong and what would be right.
    """

    def __init__(self, path: str, line: int, column: str, value: str, problem: str) -> None:
        self.path, self.line, self.column = path, line, column
        self.value, self.problem = value, problem
        self.where = f"{path}, line {line}" + (f", column {column}" if column else "")
        super().__init__(f"{self.where}: {value[:80]!r}: {problem}")

    @property
    def kept(self) -> tuple[str, ...]:
        """Where and what is wrong, without the text found: it may be a line of a secret."""
        return (f"{self.where}: {self.problem}",)


class FaultsError(DataError):
    """A table with faults: each on its line of the message, which says what to do about it.

    path : file name.
    faults : sentences that begin with "line N". count : how many there are, if not all are said.
    """

    _SHOWN = 1000

    def __init__(self, path: str, faults: Sequence[str], count: int = 0) -> None:
        self.path, self.faults = path, tuple(faults)
        count = count or len(self.faults)
        many = f"{count:,} faults" if count != 1 else "1 fault"
        more = len(self.faults) - self._SHOWN
        last = [f"... and {more:,} more"] if more > 0 else []
        head = f"{path}: {many}; nothing was taken from the file"
        super().__init__("\n".join([head, *self.faults[: self._SHOWN], *last]))


class AnswerError(DataError):
    """What an operator says of a file or of series does not fit them; the file is as it was."""

    exit_code = 2


class ShortSeriesError(DataError):
    """A series with fewer months than the model needs."""

    def __init__(self, series: str, months: int, needed: int) -> None:
        self.series, self.months, self.needed = series, months, needed
        super().__init__(f"{series}: {months} months, at least {needed} are needed")


class QuarantineError(DataError):
    """A file that reads but is not to be believed.

    path : file name.
    reasons : sentences, each with the numbers that disagree.
    """

    def __init__(self, path: str, reasons: Sequence[str]) -> None:
        self.path, self.reasons = path, tuple(reasons)
        more = f" (and {len(self.reasons) - 3} more)" if len(self.reasons) > 3 else ""
        super().__init__(f"{path}: " + "; ".join(self.reasons[:3]) + more)

    @property
    def kept(self) -> tuple[str, ...]:
        """Every reason."""
        return self.reasons


class HeldError(QuarantineError):
    """A file that waits for an operator's answers; its reasons are questions, all of them said."""

    def __init__(self, path: str, reasons: Sequence[str]) -> None:
        super().__init__(path, reasons)
        self.args = (f"{path}: held: " + "; ".join(reasons),)


class VerifyError(BordercastError):
    """The stored record does not match its digests."""

    def __init__(self, findings: Sequence[str]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(self.findings))


class StoreError(BordercastError):
    """A database or a file that cannot be read or written.

    path : the file. problem : what is wrong and what to do.
    """

    def __init__(self, path: str, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(f"{path}: {problem}")


class ClockError(BordercastError):
    """The machine's clock says a day on which the figures held could not have been published.

    now : the day by the clock, "YYYY-MM-DD". data_through : the last month held.
    """

    def __init__(self, now: str, data_through: str) -> None:
        self.now, self.data_through = now, data_through
        super().__init__(
            f"the clock of this machine says {now} (UTC), but the figures on record go through "
            f"{data_through}, which had not ended then. Nothing was published. Set the clock and "
            "run again."
        )


class ClockRangeError(ClockError):
    """The machine's clock says a time that no program can reckon with."""

    def __init__(self) -> None:
        BordercastError.__init__(
            self,
            "the clock of this machine says a time after April 2262, which cannot be. Nothing was "
            "done. Set the clock and run again.",
        )


class BusyError(BordercastError):
    """Another process holds the lock."""

    exit_code = 4

    def __init__(self, what: str, holder: str) -> None:
        self.what, self.holder = what, holder
        super().__init__(f"{what} is in use by {holder}; try again when it has finished")


class MailError(BordercastError):
    """One delivery that failed."""

    def __init__(self, recipient: str, permanent: bool, problem: str) -> None:
        self.recipient, self.permanent, self.problem = recipient, permanent, problem
        super().__init__(f"mail to {recipient}: {problem}")


class MailServerError(BordercastError):
    """The mail server cannot be trusted, or will not have us; nothing is sent until that ends."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"mail is not sent: {problem}")


class WitnessError(BordercastError):
    """A witness that cannot be had, or whose proof does not hold.

    witness : its kind. problem : what is wrong. grave : a person has to look; else it may pass.
    """

    def __init__(self, witness: str, problem: str, grave: bool = False) -> None:
        self.witness, self.problem, self.grave = witness, problem, grave
        super().__init__(f"{witness}: {problem}")


class ClaimError(BordercastError, ValueError):
    """A claim that cannot be read as typed."""

    exit_code = 2

    def __init__(self, claim: str, problem: str) -> None:
        self.claim, self.problem = claim, problem
        super().__init__(f"{claim[:80]!r}: {problem}")


class DocumentError(DataError):
    """A text file that is refused: too large, damaged, or of an unknown kind."""

    def __init__(self, name: str, problem: str) -> None:
        self.name, self.problem = name, problem
        super().__init__(f"{name}: {problem}")
