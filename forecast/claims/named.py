"""Series by name, with what can be derived: nationwide:"Border Patrol", southwest:Cuba."""

from __future__ import annotations

from forecast.claims.subjects import APPREHENSION, EVERYWHERE, OFO, USBP, Subject
from forecast.claims.table import CountTable
from forecast.desk.names import SeriesNames
from forecast.types import BORDERS, NATIONWIDE, SeriesKey


def series_names(table: CountTable) -> SeriesNames:
    """The names of every series that a claim may be about."""
    keys = dict.fromkeys(table.keys)
    for border in (*BORDERS, NATIONWIDE):
        for agency in (USBP, OFO):
            keys.setdefault(SeriesKey(border, "component", agency, agency))
    for key in list(keys):
        if key.dimension in EVERYWHERE:
            keys.setdefault(key._replace(border=NATIONWIDE))
    return SeriesNames(keys, source=table.source)


def subject_of(key: SeriesKey) -> Subject:
    """Whose counts a series has."""
    if key.dimension == APPREHENSION:
        return Subject(key.border, "", key.dimension, (key.member,))
    agency = {USBP: "usbp", OFO: "ofo"}.get(key.component, "")
    if key.dimension == "component":
        return Subject(key.border, {USBP: "usbp", OFO: "ofo"}.get(key.member, ""))
    if key.headline:
        return Subject(key.border)
    return Subject(key.border, agency, key.dimension, (key.member,))


def name_of(names: SeriesNames, subject: Subject) -> str:
    """The name of a subject, as one types it; of several parts joined by +."""
    if subject.dimension == "none":
        return ""
    ones = [subject._replace(members=(member,)) for member in subject.members] or [subject]
    said = [names.name(one.key(names.source)) for one in ones]
    first, *rest = said
    joined = "+".join([first, *(name.partition(":")[2] for name in rest)])
    return f"{joined} (all others)" if subject.other_than else joined
