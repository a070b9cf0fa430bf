"""The explorer's view of distances in a real browser: every number against the files of the run, and keys alone."""

import csv
import io
import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from actopo.explorer.tables import rounded
from explorer_page import downloaded, pick, shown, table_of
from unit.explorer.examples import page as made_up_page

LAYERS = [0, 8, 9, 16]
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def page(open_page, results):
    return open_page(results / "explorer.html", "#view=distances")


@pytest.fixture(scope="module")
def similarity(results):
    return results / "similarity"


def cell(page, name, row, column):
    """Cell of a heat map, by its name and layers."""
    place = len(LAYERS) * LAYERS.index(row) + LAYERS.index(column)
    return page.locator(f"[data-map={name}] .cell[data-cell='{place}']")


def told(page, name):
    """The numbers of a heat map, as they are said of its cells."""
    labels = page.locator(f"[data-map={name}] .cell").evaluate_all(
        "cells => cells.map((c) => c.getAttribute('aria-label'))"
    )
    return [label.rpartition(": ")[2] for label in labels]


def numbers(matrix):
    """As the page shows them, which has them with a few digits more."""
    return ["–" if value is None else shown(float(value)) for value in rounded(np.ravel(matrix).astype(float))]


def of_networks(path, name):
    """Distances from the layers of the first network to those of both, from a file of all of them."""
    file = np.load(path)
    n = len(file["layers"])
    return file[name][:n].reshape(n, -1, n).swapaxes(0, 1)


def test_matrices_are_those_of_the_files(page, similarity):
    seen = 0
    for clouds in ("trained", "scaled", "untrained", "untrained.scaled", "gaussian", "gaussian.scaled"):
        pick(page, "clouds", clouds)
        folder = similarity / ("resnet18_a" if clouds == "trained" else f"resnet18_a.{clouds}")
        for name in ("h0", "h1", "sum"):
            pick(page, "metric", f"sw_{name}")
            expected = of_networks(folder / "models.npz", name)
            assert [told(page, "aa"), told(page, "ab")] == [numbers(expected[0]), numbers(expected[1])]
            seen += 1
    for clouds in ("own", "matched"):
        pick(page, "clouds", "trained" if clouds == "own" else clouds)
        folder = similarity / ("resnet18_a" if clouds == "own" else f"resnet18_a.{clouds}")
        for path in sorted((folder / "rivals").glob("*.npz")):
            file = np.load(path)
            for name in set(file.files) - {"layers", "seeds"}:
                if not name.endswith("_chance"):
                    pick(page, "metric", name)
                    assert [told(page, "aa"), told(page, "ab")] == [numbers(file[name][0]), numbers(file[name][1])]
                    seen += 1
    assert seen > 24


def test_surrogates_are_those_of_the_tables(page, similarity):
    for kind in ("gaussian", "class_gaussian"):
        table = pd.read_csv(similarity / f"resnet18_a/calibration.{kind}.csv")
        pick(page, "surrogates", kind)
        for scale, name in (("own", "h1"), ("equal", "h0")):
            pick(page, "metric", f"sw_{name}")
            pick(page, "scale", scale)
            own = table[(table.scale == scale) & (table.dimension == name)]
            for column in ("p_value", "q_value", "ratio"):
                pick(page, "value", column)
                expected = np.full((4, 4), np.nan)
                for row in own.itertuples():
                    i, j = LAYERS.index(row.layer_a), LAYERS.index(row.layer_b)
                    expected[i, j] = expected[j, i] = getattr(row, column)
                assert told(page, "surrogates") == numbers(expected)
            dots = page.locator("[data-map=surrogates] .dots circle").count()
            assert dots == sum(2 - (row.layer_a == row.layer_b) for row in own.itertuples() if row.q_value <= 0.05)
    # There are none of other clouds.
    pick(page, "clouds", "gaussian")
    assert page.locator("[data-map=surrogates]").count() == 0


def test_a_cell_shows_both_diagrams_and_sizes(page, results, similarity):
    pick(page, "metric", "sw_h1")
    cell(page, "ab", 0, 16).click()
    found = [
        np.load(next((results / f"diagrams/resnet18_a/seed{seed}.batch0").glob("*.npz")))[f"layer{layer:02d}.h1"]
        for seed, layer in ((0, 0), (1, 16))
    ]
    points = [page.locator(f"#cell [data-diagram='{k}'] path") for k in (0, 1)]
    assert [each.count() for each in points] == [len(diagram) for diagram in found]
    # Deaths lie on one linear scale, from the axis upwards.
    places = [
        each.evaluate_all("all => all.map((e) => [e.transform.baseVal[0].matrix.e, e.transform.baseVal[0].matrix.f])")
        for each in points
    ]
    x, y = np.concatenate([np.array(own).reshape(-1, 2) for own in places]).T
    for place, values in ((x, np.concatenate(found)[:, 0]), (y, np.concatenate(found)[:, 1])):
        np.testing.assert_allclose(place, np.polyval(np.polyfit(values, place, 1), values), atol=0.05)
    rows = [table_of(page.locator("#cell table").nth(k)) for k in (0, 1)]
    names = ["layer 0 of A", "layer 16 of B"]
    for name, diagram in zip(names, found, strict=True):
        assert rows[0][f"{name}: points"] == shown(len(diagram))
        longest = np.float32(diagram[:, 1]) - np.float32(diagram[:, 0])
        assert float(rows[0][f"{name}: longest life"]) == pytest.approx(longest.max(initial=0), rel=1e-3)
    clouds = np.load(next((results / "points/resnet18_a/seed0").glob("homology.batch0.*/*.npz")))
    for name, layer in (("cloud of A: layer 0", 0), ("cloud of B: layer 16", 16)):
        n, channels = clouds[f"layer{layer:02d}.points"].shape
        assert rows[1][name] == f"{n} × {channels}"
    distance = of_networks(similarity / "resnet18_a/models.npz", "h1")
    assert rows[1]["SW, H1, A to B"] == shown(float(distance[1][0, 3]))
    assert rows[1]["SW, H1, A to A"] == shown(float(distance[0][0, 3]))
    pick(page, "dimension", "h0")
    assert page.locator("#cell [data-diagram='0'] path").count() == n - 1


def test_specificity_and_sensitivity_are_those_of_the_tables(page, similarity):
    table = pd.read_csv(similarity / "resnet18_a/specificity.csv")
    pick(page, "metric", "sw_h0")
    cell(page, "aa", 8, 9).click()
    assert page.locator("#curves figcaption").count() == 3
    distances, rho, sensitivity = (page.locator("#curves figure").nth(k) for k in range(3))
    expected = of_networks(similarity / "resnet18_a/models.npz", "h0")
    for name, matrix in zip(("aa", "ab"), expected, strict=True):
        marks = distances.locator(f"[data-series={name}] .mark").evaluate_all(
            "all => all.map((e) => e.getAttribute('aria-label'))"
        )
        assert [mark.rpartition(": ")[2] for mark in marks] == numbers(matrix[1])
    own = table[(table.metric == "sw_h0") & (table.statistic == "rho") & (table.correlation == "pearson")]
    own = own[(own.own_layer == "with") & (own.models == "fixed")].set_index("layer").value
    assert rho.locator("figcaption").inner_text() == f"specificity: mean ρ = {shown(own['mean'])}"
    marks = rho.locator(".mark").evaluate_all("all => all.map((e) => e.getAttribute('aria-label'))")
    assert [re.search("ρ = ([^,]+),", mark)[1] for mark in marks] == numbers(own.drop("mean").dropna())
    curves = pd.read_csv(similarity / "resnet18_a/sensitivity/sw.seed0.csv")
    curves = curves[(curves.metric == "sw_h0") & (curves.layer == 8)]
    for kind in ("smallest", "largest", "random"):
        curve = curves[curves.components == kind].groupby("fraction").distance.median()
        marks = sensitivity.locator(f"[data-series={kind}] .mark")
        labels = marks.evaluate_all("all => all.map((e) => e.getAttribute('aria-label'))")
        assert [label.rpartition(" ")[2] for label in labels] == numbers(curve)
    levels = pd.read_csv(similarity / "resnet18_a/sensitivity.csv")
    levels = levels[(levels.metric == "sw_h0") & (levels.layer == 8)].groupby("threshold")["level"].first()
    # A single batch has no floor.
    assert set(levels.index) == {"mean", "quantile"}
    texts = sensitivity.locator(".entry text").all_text_contents()
    for name, level in levels.items():
        assert f"baseline, {name}: {shown(level)}" in texts
        assert sensitivity.locator(f"[data-level={name}]").count() == 1


def test_what_is_shown_is_kept_as_csv_and_svg(page, similarity):
    pick(page, "metric", "linear_cka")
    rows = list(csv.DictReader(io.StringIO(downloaded(page, "#distances-csv"))))
    file = np.load(similarity / "resnet18_a/rivals/linear_cka.npz")["linear_cka"]
    for name, matrix in zip(("aa", "ab"), file, strict=True):
        own = [row for row in rows if row["part"] == name]
        assert [(int(row["layer_a"]), int(row["layer_b"])) for row in own] == [(a, b) for a in LAYERS for b in LAYERS]
        np.testing.assert_allclose([float(row["value"]) for row in own], matrix.ravel(), rtol=1e-6)
    assert {"rho", "sensitivity", "level mean"} <= {row["part"] for row in rows}
    drawing = ElementTree.fromstring(downloaded(page, "#distances-svg"))
    assert drawing.tag.endswith("svg")
    assert len(drawing.findall(".//{*}rect")) > 32


def test_a_link_brings_back_what_was_shown(page, open_page, results):
    pick(page, "clouds", "matched")
    pick(page, "metric", "linear_cka")
    pick(page, "theme", "dark")
    cell(page, "ab", 9, 8).click()
    again = open_page(results / "explorer.html", "#" + page.url.partition("#")[2])
    assert again.evaluate("document.documentElement.dataset.theme") == "dark"
    for key in ("clouds", "metric", "network"):
        assert again.locator(f"[data-key={key}]").input_value() == page.locator(f"[data-key={key}]").input_value()
    assert again.locator("#cell h3").first.inner_text() == page.locator("#cell h3").first.inner_text()
    assert again.locator("[data-map=ab] .marker").get_attribute("data-cell") == "9"
    wrong = open_page(
        results / "explorer.html",
        "#view=distances&clouds=none&metric=none&network=9&cell=xx.1.77&dimension=h7&value=x&scale=x",
    )
    assert wrong.locator("[data-map=ab] .cell").count() == 16
    assert wrong.locator("#cell .overlay").count() == 1


def test_keys_alone(page):
    """From the top of the page to a cell, its neighbours and the curves, without a pointer."""
    focus = "document.activeElement.id || document.activeElement.dataset.key || ''"
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('cell')"):
            break
        reached.append(page.evaluate(focus))
    assert {"clouds", "metric", "network", "dimension", "surrogates", "scale", "value"} <= set(reached)
    assert {"distances-svg", "distances-csv", "to-distances"} <= set(reached)
    place = "Number(document.activeElement.dataset.cell)"
    first = page.evaluate(place)
    assert "layer 0 of A, layer 16 of A" in page.locator("#tip").inner_text()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(place) == first + 3
    assert "layer 8 of A, layer 9 of A" in page.locator("#tip").inner_text()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(place) == first
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    assert "layer 9 of A" in page.locator("#cell h3").first.inner_text()
    # The focus stays where it was.
    assert page.evaluate(place) == first - 1
    assert page.locator("[data-map=aa] .marker").get_attribute("data-cell") == str(first - 1)
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('mark')"):
            break
    page.keyboard.press("ArrowRight")
    assert re.match("layer 0 of A, layer 8 of A\n", page.locator("#tip").inner_text())


def test_hostile_names_are_text(open_page, tmp_path):
    (tmp_path / "page.html").write_text(made_up_page(names=(HOSTILE, "dog"), run=HOSTILE))
    page = open_page(tmp_path / "page.html", "#view=distances&cell=aa.1.3")
    assert page.locator("[data-map]").count() == 6
    assert page.locator("#cell h3").inner_text() == f"{HOSTILE} of A, {HOSTILE} of A"
    assert HOSTILE in page.locator("#curves figcaption").first.inner_text()
    assert page.locator("#cell [data-diagram='0'] path").count() == 2
    # Of the other network there is no diagram.
    page.locator("[data-map=ab] .cell").nth(2).click()
    assert "has no H1 diagrams" in page.locator("#cell").inner_text()
    downloaded(page, "#distances-csv")


@pytest.fixture
def made_up(open_page, tmp_path):
    (tmp_path / "page.html").write_text(made_up_page())
    return open_page(tmp_path / "page.html", "#view=distances&cell=aa.2.2")


def labels_of(marks):
    return marks.evaluate_all("all => all.map((e) => e.getAttribute('aria-label'))")


def test_marks_of_chance_are_at_the_level_of_the_run(made_up):
    # All q-values are 0.07 and all p-values 0.1; the level is 0.9.
    assert made_up.locator("[data-map=surrogates] .dots circle").count() == 5
    marks = made_up.locator("#curves figure:has-text('specificity: mean')").locator("[data-series=rho] .mark")
    assert marks.count() == 3
    assert "var(--page)" not in marks.evaluate_all("all => all.map((e) => e.getAttribute('fill'))")
    note = made_up.locator("#distances-note").inner_text()
    assert "empty mark is p > 0.1." in note
    assert "false discovery rate of at most 0.1." in note


def test_epochs_of_training_are_curves(made_up):
    layer, whole = (
        made_up.locator(f"#curves figure:has(figcaption:text-is('{title}'))")
        for title in ("dog in training", "networks in training")
    )
    assert labels_of(layer.locator("[data-series=layer] .mark")) == [f"epoch {n}, dog: {n + 2}" for n in (0, 2, 8)]
    assert labels_of(layer.locator("[data-series=mean] .mark"))[0] == "epoch 0, mean of layers: 9"
    assert layer.locator("[data-level=unit]").count() == 1
    assert labels_of(whole.locator(".mark")) == [
        "epoch 8, specificity, ρ: 0.75",
        "epoch 2, accuracy, test images: 0.25",
        "epoch 8, accuracy, test images: 0.25",
    ]
    rows = list(csv.DictReader(io.StringIO(downloaded(made_up, "#distances-csv"))))
    assert [row["value"] for row in rows if row["part"] == "relative" and row["layer_a"] == "2"] == ["2", "4", "10"]
    # Another layer has curves of its own.
    made_up.locator("[data-map=aa] .cell").nth(8).click()
    assert made_up.get_by_text("cat in training").count() == 1


def test_two_networks_are_compared_by_every_measure(made_up, open_page, tmp_path):
    cells = made_up.locator("[data-map=pair] .cell")
    assert labels_of(cells) == [f"cat of cat, {b} dog of dog\ndog: {a * b}" for a in (1, 2) for b in (4, 5, 6)]
    cells.nth(1).focus()
    made_up.keyboard.press("ArrowDown")
    made_up.keyboard.press("ArrowRight")
    made_up.keyboard.press("Enter")
    assert made_up.locator("#pair-cell h3").inner_text() == "cat of cat, 6 dog of dog"
    assert table_of(made_up.locator("#pair-cell table")) == {
        "dog": "12",
        "linear_cka": "12",
        "linear_cka, by chance": "0.5",
    }
    pick(made_up, "measure", "graphs")
    assert cells.count() == 1
    rows = list(csv.DictReader(io.StringIO(downloaded(made_up, "#distances-csv"))))
    own = [(row["metric"], row["layer_a"], row["layer_b"], row["value"]) for row in rows if row["part"] == "pair"]
    assert own[5:7] == [("sw_h1", "2", "6", "12"), ("linear_cka", "1", "4", "4")]
    again = open_page(tmp_path / "page.html", "#" + made_up.url.partition("#")[2])
    assert again.locator("[data-key=measure]").input_value() == "graphs"


def test_runs_without_epochs_and_other_networks_show_neither(page):
    assert page.get_by_text("in training").count() == 0
    assert not page.locator("#pair").is_visible()
    assert not page.locator("[data-key=measure]").is_visible()
