"""The border each of CBP's sectors and field offices is at."""

from __future__ import annotations

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
