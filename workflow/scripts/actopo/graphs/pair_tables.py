"""Tables of pairs, of two classes or two samplings, in which both have a name."""

import pandas as pd

from actopo.files import load_table, without_apostrophes

# Columns of names beside those that `load_table` knows.
NAMES = ("class_a", "class_b", "sampling_a", "sampling_b")


def load_pair_table(path):
    """
    Read a .csv as `load_table` does; the names of pairs stay text, too, even `01`, `1` and `true`.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    DataFrame

    Raises
    ------
    DamagedFile
        As `load_table`.
    """
    table = load_table(path)
    if not (names := [name for name in NAMES if name in table]):
        return table
    texts = pd.read_csv(path, usecols=names, dtype=str, keep_default_na=False, na_values=[""])
    return table.assign(**without_apostrophes(texts))
