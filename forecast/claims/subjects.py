"""Whose counts a number is about: a border, an agency of it, some of its parts."""

from __future__ import annotations

from typing import NamedTuple

from forecast.desk.labels import member_words
from forecast.desk.wording import PLACES
from forecast.records import APPREHENSION, AT_ENTRY, AT_LARGE, SeriesKey

USBP, OFO = "U.S. Border Patrol", "Office of Field Operations"
AGENCIES = {"usbp": USBP, "ofo": OFO}
AGENCY_WORDS = {
    "": "encounters at and between ports of entry",
    "usbp": "Border Patrol encounters between ports of entry",
    "ofo": "encounters at ports of entry",
}
ARREST_WORDS = {AT_ENTRY: "at entry", AT_LARGE: "in the interior (At Large)"}
# The border of each; a sector or office that is not named here is away from the land borders.
SECTOR_BORDER = {
    f"{place} Sector": border
    for border, places in {
        "northern": "Blaine,Buffalo,Detroit,Grand Forks,Havre,Houlton,Spokane,Swanton",
        "southwest": "Big Bend,Del Rio,El Centro,El Paso,Laredo,Rio Grande Valley,San Diego,"
        "Tucson,Yuma",
        "other": "Livermore,Miami,New Orleans,Ramey",
    }.items()
    for place in places.split(",")
}
OFFICE_BORDER = {
    f"{place} Field Office": border
    for border, places in {
        "northern": "Boston,Buffalo,Detroit,Portland,Seattle",
        "southwest": "El Paso,Laredo,San Diego,Tucson",
    }.items()
    for place in places.split(",")
}
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
        place = "at both land borders" if self.border == LAND else PLACES[self.border]
        if self.dimension == "field":
            named = " and ".join(self.members)
            kind = AGENCY_WORDS["ofo" if self.agency == "ofo" else "usbp"]
            return f"{kind} in {named}" + (f" ({place})" if self.border == "other" else "")
        if self.dimension == "state":
            return f"encounters {_states(self.members)} ({place})"
        if self.dimension == APPREHENSION:
            where = " and ".join(ARREST_WORDS[name] for name in self.members)
            return f"Border Patrol encounters {where} {place}"
        if self.dimension:
            people = " and ".join(member_words(self.dimension, name) for name in self.members)
            than = "citizenships other than " if self.other_than else ""
            of = "of" if self.dimension == "demographic" else "of citizens of"
            return f"encounters {'of' if than else of} {than}{people} {place}"
        return f"{AGENCY_WORDS[self.agency]} {place}"


def _states(members: tuple[str, ...]) -> str:
    return "in " + " and ".join(member_words("state", name) for name in members)
