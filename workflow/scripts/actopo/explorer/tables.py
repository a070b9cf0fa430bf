"""Tables of results as the explorer reads them."""

import numpy as np


def table_document(table):
    """
    A data frame as JSON.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    dict
        `columns`, the names, and `rows`; numbers that are not finite and missing texts are None.
    """
    columns = [[_plain(value) for value in table[name].tolist()] for name in table]
    return {"columns": list(table), "rows": [list(row) for row in zip(*columns, strict=True)]}


def _plain(value):
    return None if value is None or (isinstance(value, float) and not np.isfinite(value)) else value
