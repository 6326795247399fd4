"""Which months a measure's years have, as the source says: a table that views join."""

from sqlite3 import Connection

from forecast import months
from forecast.periods import FIRST, LAST, Calendar
from forecast.store import connect, ledger, measures
from forecast.store.queries import column


def keep(db: Connection, calendar: Calendar) -> None:
    """Write the years of the measure a connection is about, where the record has other ones."""
    number = measures.current(db)
    first = column(db, "first_of_a_year", (number,))
    if first and calendar.nth(first[0]) == 1:
        return
    rows = (
        {
            "measure_id": number,
            "month": month,
            "year": calendar.year(month),
            "nth": calendar.nth(month),
            "year_ago": months.shift(month, -12),
        }
        for month in map(months.from_index, range(FIRST, LAST + 1))
    )
    with connect.transaction(db):
        db.execute("delete from years where measure_id = ?", (number,))
        connect.insert(db, "years", rows)
        ledger.state(db, "kept", only=("years",))
