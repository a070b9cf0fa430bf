"""The explorer's page of a run with two lenses and labels of a user's, by names that actopo and JavaScript have too."""

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest
from explorer_page import downloaded, pick, shown, table_of
from tiny import TINY

LENSES = {"lens": "l2 norm", "lens2": "principal component 1"}
NAMES = ("confidence", "misclassified", "purity", "coverage", "lens", "toString", "constructor", "__proto__")


def test_every_lens_and_every_label_has_its_own_numbers(spoilable, open_page):
    results = spoilable.folder / "results/tiny"
    weights = np.arange(len(np.load(results / "data/digits/test/labels.npy"))) + 100
    pd.DataFrame({"image": weights - 100, "weight": weights}).to_csv(spoilable.folder / "weights.csv", index=False)
    labels = {name: {"file": "weights.csv", "column": "weight"} for name in NAMES}
    own = {"mapper": TINY["mapper"] | {"lens": ["l2", {"principal_component": 1}], "labels": labels}}
    made = spoilable.run("--", "results/tiny/explorer.html", configfiles=[spoilable.config(TINY | own)])
    assert made.returncode == 0, made.stdout + made.stderr
    page = open_page(results / "explorer.html")
    page.locator("#panel-a [data-facet=sampling]").select_option("random")
    folder = results / "mapper/resnet18_b/seed0/random"
    nodes, file = json.loads((folder / "layer16.json").read_text())["nodes"], np.load(folder / "layer16.npz")
    assert len(nodes) > 1
    for node in nodes:
        page.locator(f"#panel-a .node[data-node='{node['id']}']").dispatch_event("click")
        told = table_of(page.locator(".card"))
        for lens, label in LENSES.items():
            assert told[label] == f"{shown(node[f'{lens}_min'])} to {shown(node[f'{lens}_max'])}"
            assert told[f"mean {label}"] == shown(node[f"{lens}_mean"])
        of_labels = [told.get(f"{name} (label)", told.get(name)) for name in NAMES]
        assert 100 <= float(of_labels[0]) < 100 + file["image"].max()
        assert len(set(of_labels)) == 1
        assert told["purity"] == shown(node["purity"])
    rows = list(csv.DictReader(io.StringIO(downloaded(page, "#mapper-csv"))))
    for key in (f"{lens}_{end}" for lens in LENSES for end in ("min", "max", "mean")):
        assert [float(row[key]) for row in rows] == pytest.approx([node[key] for node in nodes], rel=1e-6)
    assert all(float(row["misclassified"]) <= 1 and row["label misclassified"] == row["label toString"] for row in rows)
    pick(page, "colour", "lens2")
    [label, _, low, _, high, *_] = page.locator("#legend span").all_inner_texts()
    means = [node["lens2_mean"] for node in nodes]
    assert [label, low, high] == ["mean lens (principal component 1)", shown(min(means)), shown(max(means))]
    pick(page, "colour", "coverage")
    assert page.locator("#legend span").first.inner_text() == "share of all points"
    for name in NAMES:
        pick(page, "colour", f"label:{name}")
        assert page.locator("#legend span").first.inner_text() in (name, f"{name} (label)")
