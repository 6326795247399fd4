"""A part's name in words: the publisher's codes and capitals as a reader writes them.

Tables, files and the terminal keep the publisher's names, by which parts are asked for.
"""

from __future__ import annotations

_STATES = {
    "AK": "Alaska",
    "AL": "Alabama",
    "AR": "Arkansas",
    "AZ": "Arizona",
    "CA": "California",
    "CO": "Colorado",
    "CT": "Connecticut",
    "DC": "District of Columbia",
    "DE": "Delaware",
    "FL": "Florida",
    "GA": "Georgia",
    "GU": "Guam",
    "HI": "Hawaii",
    "IA": "Iowa",
    "ID": "Idaho",
    "IL": "Illinois",
    "IN": "Indiana",
    "KS": "Kansas",
    "KY": "Kentucky",
    "LA": "Louisiana",
    "MA": "Massachusetts",
    "MD": "Maryland",
    "ME": "Maine",
    "MI": "Michigan",
    "MN": "Minnesota",
    "MO": "Missouri",
    "MP": "Northern Mariana Islands",
    "MS": "Mississippi",
    "MT": "Montana",
    "NC": "North Carolina",
    "ND": "North Dakota",
    "NE": "Nebraska",
    "NH": "New Hampshire",
    "NJ": "New Jersey",
    "NM": "New Mexico",
    "NV": "Nevada",
    "NY": "New York",
    "OH": "Ohio",
    "OK": "Oklahoma",
    "OR": "Oregon",
    "PA": "Pennsylvania",
    "PR": "Puerto Rico",
    "RI": "Rhode Island",
    "SC": "South Carolina",
    "SD": "South Dakota",
    "TN": "Tennessee",
    "TX": "Texas",
    "UT": "Utah",
    "VA": "Virginia",
    "VI": "U.S. Virgin Islands",
    "VT": "Vermont",
    "WA": "Washington",
    "WI": "Wisconsin",
    "WV": "West Virginia",
    "WY": "Wyoming",
}
_CITIZENSHIPS = {"CHINA, PEOPLES REPUBLIC OF": "China", "OTHER": "Other citizenships"}
_DEMOGRAPHICS = {"FMUA": "People in families", "UAC": "Unaccompanied children"}
_DIMENSIONS = {
    "apprehension_type": "place of arrest",
    "component": "agency",
    "field": "sector or field office",
    "citizenship_group": "citizenship group",
    "demographic": "demographic group",
}


def dimension_words(name: str) -> str:
    """A dimension, or a crossing of several, as people say it."""
    return " and ".join(_DIMENSIONS.get(one, one) for one in name.split("*"))


def member_words(dimension: str, member: str) -> str:
    """A part of a dimension as people write it; one that is not known as the publisher does."""
    dimensions, members = dimension.split("*"), member.split(" * ")
    if len(dimensions) > 1 and len(dimensions) == len(members):
        return ", ".join(map(member_words, dimensions, members))
    if dimension == "state":
        return _STATES.get(member, member)
    if dimension == "citizenship":
        return _CITIZENSHIPS.get(member) or (member.title() if member.isupper() else member)
    return _DEMOGRAPHICS.get(member, member) if dimension == "demographic" else member
