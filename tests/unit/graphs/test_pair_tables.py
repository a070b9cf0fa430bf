"""Names in tables of pairs are read as they were written."""

import pandas as pd
import pytest
from actopo.checksums import DamagedFile
from actopo.files import save_table
from actopo.graphs.pair_tables import load_pair_table


@pytest.mark.parametrize("names", [("00", "01"), ("1", "01"), ("true", "false"), ("NA", "nan"), ("=1+1", "-1")])
def test_names_stay_text(tmp_path, names):
    first, second = names
    written = pd.DataFrame(
        {"class_a": names, "class_b": names[::-1], "sampling_a": first, "sampling_b": second, "level": [0.1, 2.0]}
    )
    save_table(tmp_path / "pairs.csv", written)
    pd.testing.assert_frame_equal(load_pair_table(tmp_path / "pairs.csv"), written)


def test_a_table_without_pairs(tmp_path):
    written = pd.DataFrame({"class": ["01", "1"], "purity": [0.1, 0.2]})
    save_table(tmp_path / "classes.csv", written)
    pd.testing.assert_frame_equal(load_pair_table(tmp_path / "classes.csv"), written)


def test_a_table_that_was_edited_is_refused(tmp_path):
    save_table(tmp_path / "pairs.csv", pd.DataFrame({"class_a": ["a"], "level": [1.0]}))
    (tmp_path / "pairs.csv").write_text("class_a,level\na,2.0\n")
    with pytest.raises(DamagedFile):
        load_pair_table(tmp_path / "pairs.csv")
