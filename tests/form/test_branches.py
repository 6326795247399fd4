"""A function that decides too much is named, and what decides is counted whole."""

from __future__ import annotations

import ast

import pytest

from tests.form.branches import branches, main


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("return 1", 0),
        ("if a and b or c:\n  return [x for x in y if x if z]", 6),
        ("def g():\n  return a if b else c", 0),
        ("try:\n  pass\nexcept E:\n  pass\nwhile a:\n  match a:\n    case 1: pass", 3),
    ],
)
def test_what_decides_is_counted(body, count):
    function = "def f():\n" + "\n".join(f"  {line}" for line in body.split("\n"))

    assert branches(ast.parse(function).body[0]) == count


def test_no_function_is_crowded_but_those_that_are_known():
    assert main() == 0
