"""Files of drug seizures as CBP's, small and made up."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from forecast import months
from forecast.periods import FEDERAL

HEADER = (
    "FY,Month (abbv),Component,Region,Land Filter,Area of Responsibility,Drug Type,"
    "Count of Event,Sum Qty (lbs)"
)


AREAS = {
    "SWANTON SECTOR": ("U.S. Border Patrol", "Northern Border"),
    "BUFFALO FIELD OFFICE": ("Office of Field Operations", "Northern Border"),
    "DETROIT FIELD OFFICE": ("Office of Field Operations", "Northern Border"),
    "TUCSON SECTOR": ("U.S. Border Patrol", "Southwest Border"),
    "LAREDO FIELD OFFICE": ("Office of Field Operations", "Southwest Border"),
    "MIAMI SECTOR": ("U.S. Border Patrol", "Coastal/Interior"),
    "ATLANTA FIELD OFFICE": ("Office of Field Operations", "Coastal/Interior"),
}


ABBREVIATIONS = ["OCT", "NOV", "DEC", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP"]


NAME, NEXT = "nationwide-drugs-fy24-fy26-apr.csv", "nationwide-drugs-fy24-fy26-may.csv"


Lines = list[list[str]]


def lines(through: str = "2026-04") -> Lines:
    """Newest first, as the publisher has them; a month's figures grow with its number."""
    found = []
    for month in reversed(months.between("2023-10", through)):
        year = FEDERAL.year(month)
        shown = f"{year} (FYTD)" if year == 2026 else str(year)
        at = ABBREVIATIONS[FEDERAL.nth(month) - 1]
        for number, (area, (component, region)) in enumerate(AREAS.items()):
            for drug, size in (("Fentanyl", 2), ("Cocaine", 9), ("Other Drugs**", 30)):
                events = size + (months.to_index(month) * 7 + number * 5) % 11
                pounds = Decimal(events * size * (number + 1)) / 7
                land = "Land Only" if region != "Coastal/Interior" else "Other"
                found.append(
                    [shown, at, component, region, land, area, drug, str(events), f"{pounds:.9f}"]
                )
    return found


def content(rows: Lines, header: str = HEADER) -> bytes:
    out = io.StringIO()
    out.write(f"{header}\n")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()
