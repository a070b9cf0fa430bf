"""Tables of choices for point clouds."""

from actopo.points.choices import SAMPLINGS


def test_no_two_methods_draw_the_same_random_numbers():
    assert len({sampling.stream for sampling in SAMPLINGS.values()}) == len(SAMPLINGS)
