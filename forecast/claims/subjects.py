"""Whose counts a number is about: a border, an agency of it, some of its parts."""

from __future__ import annotations

from typing import NamedTuple

from forecast.desk.labels import member_words
from forecast.intake.sources import registry
from forecast.records import SeriesKey

# Articles are checked about CBP's counts alone.
SOURCE = registry.find("cbp_encounters")
_HALVES = {half.code: half for half in SOURCE.hierarchy.halves}
USBP, OFO = _HALVES["usbp"].component, _HALVES["ofo"].component
AGENCIES = {code: half.component for code, half in _HALVES.items()}
AGENCY_WORDS = {
    "": SOURCE.measure.long_name,
    **{code: half.noun for code, half in _HALVES.items()},
}
# What splits the Border Patrol's count: the dimension, and its two members.
_ASIDE = SOURCE.hierarchy.aside
APPREHENSION, AT_LARGE, AT_ENTRY = (
    (_ASIDE.dimension, _ASIDE.named, _ASIDE.rest) if _ASIDE else ("", "", "")
)
ARREST_WORDS = {AT_ENTRY: AT_ENTRY.lower(), AT_LARGE: f"in the interior ({AT_LARGE})"}
FIELD_BORDERS = SOURCE.hierarchy.field_borders
LAND = "land"  # both land borders together


class Subject(NamedTuple):
    """Whose encounters.

    border : one of `records.HEADLINES`, or "land".
    agency : "" both, "usbp" between ports, "ofo" at ports.
    dimension : "" for a total, else field, state, citizenship, demographic or apprehension_type,
        which splits Border Patrol's encounters only (agency "").
    members : the parts, added up, in the publisher's names; for `other_than` left out instead.
    """

    border: str
    agency: str = ""
    dimension: str = ""
    members: tuple[str, ...] = ()
    other_than: bool = False

    @property
    def key(self) -> SeriesKey:
        """The series' key, where it is one series; of several parts the first's."""
        if self.dimension == "field":
            return SeriesKey(self.border, "field", self.members[0], AGENCIES[self.agency or "usbp"])
        if self.dimension:
            agency = USBP if self.dimension == APPREHENSION else ""
            return SeriesKey(self.border, self.dimension, self.members[0], agency)
        agency = AGENCIES.get(self.agency, "")
        return SeriesKey(self.border, "component" if agency else "", agency, agency)

    def words(self) -> str:
        """As one says it after a number: encounters ... at the northern land border."""
        own = registry.main()
        if not own.shipped:
            return f"{own.measure.long_name} {own.totals.where(self.border)}"
        noun = SOURCE.measure.noun
        place = "at both land borders" if self.border == LAND else SOURCE.totals.where(self.border)
        if self.dimension == "field":
            named = " and ".join(self.members)
            kind = AGENCY_WORDS["ofo" if self.agency == "ofo" else "usbp"]
            return f"{kind} in {named}" + (f" ({place})" if self.border == "other" else "")
        if self.dimension == "state":
            return f"{noun} {_states(self.members)} ({place})"
        if self.dimension == APPREHENSION:
            where = " and ".join(ARREST_WORDS[name] for name in self.members)
            return f"{_HALVES['usbp'].short} {noun} {where} {place}"
        if self.dimension:
            people = " and ".join(member_words(self.dimension, name) for name in self.members)
            than = "citizenships other than " if self.other_than else ""
            of = "of" if self.dimension == "demographic" else "of citizens of"
            return f"{noun} {'of' if than else of} {than}{people} {place}"
        return f"{AGENCY_WORDS[self.agency]} {place}"


def _states(members: tuple[str, ...]) -> str:
    return "in " + " and ".join(member_words("state", name) for name in members)
