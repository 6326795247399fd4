"""What the record says of a digest that somebody quoted, for tests."""

from __future__ import annotations

from forecast.store.integrity import QuotedDigest


def answer(
    scheme: int | None,
    given: int | None = None,
    subject: str = "",
    later: tuple[tuple[str, str], ...] = (),
    standing: str = "",
    run_scheme: int | None = None,
    differs: tuple[str, ...] = (),
    reworded: tuple[object, ...] = (),
) -> QuotedDigest:
    """What `integrity.quoted` returns."""
    return QuotedDigest(standing, run_scheme, scheme, given, subject, later, reworded, differs)
