"""Tables of mapper graphs over networks and draws, each value with an interval."""

import pandas as pd
from actopo.files import save_table
from actopo.graphs.pair_tables import load_pair_table
from actopo.graphs.replicates import over_graphs
from actopo.job import settings, start_logging
from actopo.similarity.layer_names import with_names

start_logging(snakemake)

params = settings(snakemake)
# Measures that only some graphs have.
conditional = getattr(params, "conditional", {})
for name, columns in params.columns.items():
    tables = list(map(load_pair_table, snakemake.input[name]))
    # Columns without values have no type: networks without rows, such as the first where it is compared with, are out.
    # In whatever order networks are named, sums are rounded alike.
    table = pd.concat([table for table in tables if len(table)] or tables[:1]).sort_values("seed", kind="stable")
    save_table(
        snakemake.output[name],
        with_names(over_graphs(table, columns, conditional=conditional.get(name)), params.outputs["names"]),
    )
