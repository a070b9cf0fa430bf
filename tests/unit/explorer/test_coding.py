import base64

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.explorer.coding import encode_sets
from hypothesis import given
from hypothesis import strategies as st


def decode(text, counts):
    """As the format is defined: differences from -1 on in groups of seven bits, the lowest first."""
    data, place, sets = base64.b64decode(text), 0, []
    for count in counts:
        last, numbers = -1, []
        for _ in range(count):
            difference = shift = 0
            while True:
                byte = data[place]
                place, difference, shift = place + 1, difference | (byte & 127) << shift, shift + 7
                if byte < 128:
                    break
            last += difference
            numbers.append(last)
        sets.append(numbers)
    assert place == len(data)
    return sets


@given(st.lists(st.sets(st.integers(0, 2**31 - 1), max_size=20).map(sorted), max_size=5))
def test_sets_are_read_as_they_were(sets):
    text = encode_sets([np.array(own, dtype=np.int64) for own in sets])
    assert decode(text, map(len, sets)) == sets


def test_neighbours_take_a_byte_each():
    assert len(base64.b64decode(encode_sets([np.arange(1000), np.arange(0, 127_000, 127)]))) == 2000


@pytest.mark.parametrize("numbers", [[1, 1], [2, 1], [-1, 0], [2**31]])
def test_other_numbers_are_refused(numbers):
    with pytest.raises(InputError, match="not ascending"):
        encode_sets([np.array(numbers)])
