"""What is asked of many months at once."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.judge.surprise import p_value, p_values
from tests.judge.test_surprise import expectations, mixed


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 9000), st.one_of(st.none(), mixed), expectations, st.integers(1, 12)
        )
    )
)
def test_what_is_asked_together_is_to_the_bit_what_is_asked_alone(several):
    counts = [count for count, *_ in several]
    expected = [replace(plain, mixture=of, horizon=ahead) for _, of, plain, ahead in several]

    assert p_values(counts, expected) == [p_value(*of) for of in zip(counts, expected, strict=True)]
