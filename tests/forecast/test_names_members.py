"""Parts' names in words."""

from __future__ import annotations

import pytest

from forecast.names import dimension_words, member_words
from tests.support.cbp_files import ENCOUNTERS


@pytest.mark.parametrize(
    ("dimension", "member", "words"),
    [
        ("state", "NY", "New York"),
        ("state", "MP", "Northern Mariana Islands"),
        ("state", "XX", "XX"),
        ("citizenship", "EL SALVADOR", "El Salvador"),
        ("citizenship", "CHINA, PEOPLES REPUBLIC OF", "China"),
        ("citizenship", "MYANMAR (BURMA)", "Myanmar (Burma)"),
        ("citizenship", "OTHER", "Other citizenships"),
        ("demographic", "FMUA", "People in families"),
        ("demographic", "Single Adults", "Single Adults"),
        ("field", "Blaine Sector", "Blaine Sector"),
        ("citizenship*demographic", "INDIA * UAC", "India, Unaccompanied children"),
        ("citizenship*demographic", "INDIA", "INDIA"),
        ("state", "TX * MEXICO", "TX * MEXICO"),
    ],
)
def test_a_part_is_named_as_a_reader_writes_it(dimension, member, words):
    assert member_words(dimension, member, ENCOUNTERS) == words


def test_no_part_of_the_embedded_figures_keeps_a_code(published):
    from tests.support.databases import rows

    names = rows(
        published,
        "select distinct dimension, member from series_held where dimension in "
        "('state', 'citizenship', 'demographic')",
    )
    said = {member_words(*name, source=ENCOUNTERS) for name in names}

    assert len(said) == len(names) > 70
    assert not [word for word in said if word.isupper()]


def test_a_dimension_is_named_in_words():
    assert dimension_words("component", ENCOUNTERS) == "agency"
    assert dimension_words("state*citizenship", ENCOUNTERS) == "state and citizenship"
