"""CBP's labels as people write them, what else they are called, and where they are.

A sector and a field office of one place share its bare name, on purpose: "El Paso" alone is
ambiguous.
"""

from __future__ import annotations

from collections.abc import Iterator

from forecast.sources.source import LabelWords

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
_USUAL = {
    "Office of Field Operations": (
        "ofo",
        "field operations",
        "ports",
        "at ports",
        "ports of entry",
        "at ports of entry",
        "port of entry",
        "poe",
    ),
    "U.S. Border Patrol": (
        "usbp",
        "bp",
        "border patrol",
        "between ports",
        "patrol",
        "between ports of entry",
        "apprehensions",
    ),
    "At Large": ("interior", "in the interior", "interior arrests"),
    "At Entry": ("entry",),
    "UAC": (
        "uc",
        "unaccompanied",
        "unaccompanied child",
        "unaccompanied minors",
        "unaccompanied alien children",
        "unaccompanied minor",
    ),
    "FMUA": (
        "families",
        "family",
        "family units",
        "family unit",
        "fmu",
        "family unit aliens",
        "family members",
    ),
    "Single Adults": ("adults", "single adult", "singles"),
    "Accompanied Minors": ("accompanied", "accompanied children", "accompanied minor", "am"),
    "Rio Grande Valley Sector": ("rgv", "rgv sector"),
    "CHINA, PEOPLES REPUBLIC OF": ("prc", "peoples republic of china", "chinese"),
    "MYANMAR (BURMA)": ("myanmar", "burma", "burmese"),
    "TURKEY": ("turkiye", "turkish"),
    "RUSSIA": ("russian federation", "russians"),
    "PHILIPPINES": ("filipinos",),
    "BRAZIL": ("brasil", "brazilians"),
    "CANADA": ("canadians",),
    "COLOMBIA": ("colombians",),
    "CUBA": ("cubans",),
    "ECUADOR": ("ecuadorians", "ecuadoreans"),
    "EL SALVADOR": ("salvador", "salvadorans"),
    "GUATEMALA": ("guatemalans",),
    "HAITI": ("haitians",),
    "HONDURAS": ("hondurans",),
    "INDIA": ("indians",),
    "MEXICO": ("mexicans",),
    "NICARAGUA": ("nicaraguans",),
    "PERU": ("peruvians",),
    "ROMANIA": ("romanians",),
    "UKRAINE": ("ukrainians",),
    "VENEZUELA": ("venezuelans",),
    "OTHER": ("other countries", "other nationalities", "all other citizenships"),
    "DC": ("washington dc",),
    "VI": ("us virgin islands", "virgin islands"),
}
_DIMENSIONS = {
    "apprehension_type": "place of arrest",
    "component": "agency",
    "field": "sector or field office",
    "citizenship_group": "citizenship group",
    "demographic": "demographic group",
}
_SECTORS = {
    "northern": "Blaine,Buffalo,Detroit,Grand Forks,Havre,Houlton,Spokane,Swanton",
    "southwest": "Big Bend,Del Rio,El Centro,El Paso,Laredo,Rio Grande Valley,San Diego,"
    "Tucson,Yuma",
    "other": "Livermore,Miami,New Orleans,Ramey",
}
_OFFICES = {
    "northern": "Boston,Buffalo,Detroit,Portland,Seattle",
    "southwest": "El Paso,Laredo,San Diego,Tucson",
}
# A field office that is not named here is away from the land borders.
FIELD_BORDERS = {
    f"{place} {kind}": border
    for kind, by_border in (("Sector", _SECTORS), ("Field Office", _OFFICES))
    for border, places in by_border.items()
    for place in places.split(",")
}
# Places that are hardly spoken of but as sectors.
UNMISTAKABLE = frozenset({"Swanton Sector", "Rio Grande Valley Sector", "Del Rio Sector"})


def place_forms(name: str) -> Iterator[str]:
    """Swanton for Swanton Sector; Detroit, Detroit office, Detroit OFO for its field office.

    name : a sector's or an office's, in small letters.
    """
    if name.endswith(" sector"):
        yield from (name.removesuffix(" sector"), name.replace(" sector", " border patrol"))
    if name.endswith(" field office"):
        place = name.removesuffix(" field office")
        yield from (place, f"{place} office", f"{place} ofo")


LABELS = LabelWords(
    words={
        "state": _STATES,
        "citizenship": {"CHINA, PEOPLES REPUBLIC OF": "China", "OTHER": "Other citizenships"},
        "demographic": {"FMUA": "People in families", "UAC": "Unaccompanied children"},
    },
    usual=_USUAL,
    dimensions=_DIMENSIONS,
    forms={"field": place_forms},
)
