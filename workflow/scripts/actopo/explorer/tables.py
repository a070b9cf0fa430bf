"""Tables and numbers of results as the explorer reads them."""

import numpy as np

DIGITS = 7


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


def rounded(values):
    """Numbers with as many digits as a page shows, and None for those that are not finite."""
    return [None if value is None or not np.isfinite(value) else float(f"{value:.{DIGITS}g}") for value in values]
