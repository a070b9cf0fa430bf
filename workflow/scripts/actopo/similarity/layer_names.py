"""Names of layers in tables that have their numbers."""


def with_names(table, names):
    """
    A table with the names of layers that are outputs of modules.

    Parameters
    ----------
    table : DataFrame
        With numbers of layers, which may be text, in the columns `layer`, `layer_a` and `layer_b`, or some of them.
    names : iterable of (int, str)
        Numbers and names of such layers.

    Returns
    -------
    DataFrame
        With columns `name`, `name_a` and `name_b` behind those of the numbers, empty for other layers; `table` itself
        without names.
    """
    names = {str(layer): name for layer, name in names}
    if not names:
        return table
    table = table.copy()
    for column in [name for name in table if name in ("layer", "layer_a", "layer_b")]:
        place = table.columns.get_loc(column) + 1
        table.insert(place, column.replace("layer", "name"), table[column].astype(str).map(names))
    return table
