"""Near duplicates are found without looking at every pair."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.doctor.copies import close_fingerprints

FINGERPRINTS = st.lists(st.none() | st.integers(0, 2**64 - 1), max_size=12)


@settings(max_examples=200)
@given(FINGERPRINTS, st.lists(st.tuples(st.integers(0, 11), st.integers(0, 63)), max_size=20))
def test_fingerprints_that_differ_in_three_bits_are_found_whatever_they_are(values, flips):
    """Against every pair looked at one by one; of equal ones only the first counts."""
    for place, bit in flips:
        if place < len(values) and values[place] is not None:
            values.append(values[place] ^ (1 << bit))
    first = {value: values.index(value) for value in values}
    expected = set()
    for second, b in enumerate(values):
        for other in range(second):
            a = values[other]
            if a is None or b is None:
                continue
            if a == b:
                expected.add((first[a], second))
            elif (a ^ b).bit_count() <= 3 and first[a] == other and first[b] == second:
                expected.add((other, second))

    found = close_fingerprints(values)

    assert set(found) == expected and len(found) == len(expected)
    distances = [(values[a] ^ values[b]).bit_count() for a, b in found]
    assert distances == sorted(distances)
