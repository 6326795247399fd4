from __future__ import annotations

import copy
import pickle

import pytest

from models.parameters import Number, WholeNumber


@pytest.mark.parametrize("kind", [Number, WholeNumber])
@pytest.mark.parametrize("how", [copy.copy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_number_keeps_its_reason_in_a_copy_and_in_another_process(kind, how):
    found = how(kind(7, "months", "a week", "M1"))

    assert type(found) is kind
    assert (found, found.unit, found.reason, found.chosen_on) == (7, "months", "a week", "M1")


def test_a_number_is_chosen_on_nothing_unless_said():
    assert Number(0.5, "", "half").chosen_on == WholeNumber(1, "", "one").chosen_on == ""
