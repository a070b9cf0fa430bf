"""Legends have as many columns as there is room for."""

import pytest
from actopo.figures import legends, style
from matplotlib.patches import Patch


@pytest.mark.parametrize("n", [1, 3, 10, 25])
def test_legends_are_as_wide_as_there_is_room(n):
    names = [f"class {index}" for index in range(n)]
    with style.context():
        for room in (0.5, 3.0, 7.0):
            figure = style.new_figure(7.2, 5)
            columns = legends.legend_columns(figure, names, room)
            handles = [Patch(label=name) for name in names]
            place = {"loc": "center", "borderpad": 0, **legends.LEGEND}
            widths = {
                number: figure.legend(handles=handles, ncols=number, **place).get_window_extent().width / figure.dpi
                for number in (columns, columns + 1)
            }
            assert columns == 1 or widths[columns] <= room
            # One column more would make the legend too wide, or no lower.
            assert widths[columns + 1] > room or -(-n // columns) == -(-n // (columns + 1)) or columns >= n
