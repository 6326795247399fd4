"""Whose counts a number is about: a border, an agency of it, some of its parts."""

from __future__ import annotations

from typing import NamedTuple

from forecast.desk.names import member_words
from forecast.sources import catalog
from forecast.sources.source import Source
from forecast.types import SeriesKey

# The agencies and their sectors are the same in every source whose texts are checked.
_ENCOUNTERS = catalog.find("cbp_encounters")
_HALVES = {half.code: half for half in _ENCOUNTERS.hierarchy.halves}
USBP, OFO = _HALVES["usbp"].component, _HALVES["ofo"].component
AGENCIES = {code: half.component for code, half in _HALVES.items()}
# What splits the Border Patrol's count: the dimension, and its two members.
_ASIDE = _ENCOUNTERS.hierarchy.aside
APPREHENSION, AT_LARGE, AT_ENTRY = (
    (_ASIDE.dimension, _ASIDE.named, _ASIDE.rest) if _ASIDE else ("", "", "")
)
ARREST_WORDS = {AT_ENTRY: AT_ENTRY.lower(), AT_LARGE: f"in the interior ({AT_LARGE})"}
FIELD_BORDERS = _ENCOUNTERS.hierarchy.field_borders
UNMISTAKABLE = _ENCOUNTERS.hierarchy.unmistakable
LAND = "land"  # both land borders together
DRUG = "drug"
# Of what is counted, not of where; of some the borders' add up to a group nationwide.
EVERYWHERE = ("citizenship", "demographic", DRUG)
GROUPS = (*EVERYWHERE, APPREHENSION)


def agency_words(code: str, source: Source) -> str:
    """What an agency's count is of, in the words of the source in use; of both for ""."""
    halves = {half.code: half for half in source.hierarchy.halves}
    return halves[code].noun if code in halves else source.measure.long_name


class Subject(NamedTuple):
    """Whose encounters.

    border : one of `records.HEADLINES`, or "land".
    agency : "" both, "usbp" between ports, "ofo" at ports.
    dimension : "" for a total, else field, state, citizenship, demographic, drug, or
        apprehension_type, which splits Border Patrol's encounters only (agency "").
    members : the parts, added up, in the publisher's names; for `other_than` left out instead.
    """

    border: str
    agency: str = ""
    dimension: str = ""
    members: tuple[str, ...] = ()
    other_than: bool = False

    def key(self, source: Source) -> SeriesKey:
        """The series' key, where it is one series; of several parts the first's."""
        if self.dimension == "field":
            return SeriesKey(self.border, "field", self.members[0], AGENCIES[self.agency or "usbp"])
        if self.dimension:
            agency = USBP if self.dimension == APPREHENSION else ""
            if not source.shipped:  # each part of own counts is released for itself
                agency = self.members[0]
            return SeriesKey(self.border, self.dimension, self.members[0], agency)
        agency = AGENCIES.get(self.agency, "")
        return SeriesKey(self.border, "component" if agency else "", agency, agency)

    def words(self, source: Source, *, split: bool = False) -> str:
        """As one says it after a number: encounters ... at the northern land border.

        split : what of the Border Patrol's count was in the interior is said behind it.
        """
        noun = source.measure.noun
        place = "at both land borders" if self.border == LAND else source.totals.where(self.border)
        if self.dimension == "field":
            named = " and ".join(self.members)
            kind = agency_words("ofo" if self.agency == "ofo" else "usbp", source)
            return f"{kind} in {named}" + (f" ({place})" if self.border == "other" else "")
        if self.dimension == "state":
            states = " and ".join(member_words("state", name, source) for name in self.members)
            return f"{noun} in {states} ({place})"
        if self.dimension == APPREHENSION:
            where = " and ".join(ARREST_WORDS[name] for name in self.members)
            return f"{_HALVES['usbp'].short} {noun} {where} {place}"
        if self.dimension == DRUG:
            drugs = " and ".join(
                _in_sentence(member_words(DRUG, name, source)) for name in self.members
            )
            return f"{source.measure.of_part.format(drugs)} {place}"
        if self.dimension in GROUPS:
            people = " and ".join(
                member_words(self.dimension, name, source) for name in self.members
            )
            than = "citizenships other than " if self.other_than else ""
            of = "of" if self.dimension == "demographic" else "of citizens of"
            return f"{noun} {'of' if than else of} {than}{people} {place}"
        if self.dimension:
            named = " and ".join(
                member_words(self.dimension, name, source) for name in self.members
            )
            return f"{noun} {place} ({named})"
        if split:
            return f"{_HALVES['usbp'].short} {noun} {place}"
        return f"{agency_words(self.agency, source)} {place}"


def _in_sentence(words: str) -> str:
    """A name as it stands inside a sentence: fentanyl, LSD."""
    return words if words.isupper() else words.lower()
