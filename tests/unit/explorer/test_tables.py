import numpy as np
import pandas as pd
from actopo.explorer.tables import table_document


def test_a_table_is_rows_of_json():
    table = pd.DataFrame({"class": ["a", None], "n": [1, 2], "purity": [0.5, np.nan], "low": [-np.inf, 0]})
    expected = {"columns": ["class", "n", "purity", "low"], "rows": [["a", 1, 0.5, None], [None, 2, None, 0]]}
    assert table_document(table) == expected
