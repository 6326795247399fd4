"""Doors of an analyst's table: how addresses are told and turned into those of files."""

from __future__ import annotations

import pytest

from jobs.arrivals import table

SHEET = "https://docs.google.com/spreadsheets/d/1aB-c_9"
PUBLISHED = "https://docs.google.com/spreadsheets/d/e/2PACX-1v"


@pytest.mark.parametrize(
    ("address", "csv"),
    [
        (f"{SHEET}/edit#gid=42", f"{SHEET}/export?format=csv&gid=42"),
        (f"{SHEET}/edit?usp=sharing", f"{SHEET}/export?format=csv"),
        (f"{PUBLISHED}/pubhtml?gid=7&single=true", f"{PUBLISHED}/pub?output=csv&gid=7"),
        (f"{PUBLISHED}/pub?output=csv", f"{PUBLISHED}/pub?output=csv"),
        ("https://example.org/a/edit.csv", "https://example.org/a/edit.csv"),
    ],
)
def test_a_sheets_page_is_asked_for_as_csv(address, csv):
    assert table.csv_address(address) == csv


@pytest.mark.parametrize(
    ("where", "address"),
    [("https://x.org/a.csv", True), ("HTTP://x", True), ("a.csv", False), ("-", False)],
)
def test_an_address_is_told_from_a_file(where, address):
    assert table.is_address(where) == address
