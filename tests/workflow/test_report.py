"""The report of a finished run in a real browser, without a network: numbers, tables, times and the explorer."""

import json
import re
import shutil
import subprocess

import pytest
from actopo.files import save_json
from explorer_page import shown
from tiny import ROOT, Workflow, forked_python


def write_report(folder, *configfiles, root="."):
    command = [forked_python(), f"{root}/workflow/scripts/write_report.py", *configfiles]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.parametrize("name", ["summary.json", "similarity/resnet18_a/layers.csv"])
def test_a_report_has_no_number_that_was_edited(tmp_path, name):
    results = tmp_path / "results/edited"
    for path in (results / "summary.json", results / name):
        save_json(path, {"test_accuracy": 0.5})
    (results / name).write_text('{"test_accuracy": 0.9}\n')
    (tmp_path / "edited.yaml").write_text("run: edited\n")
    done = write_report(tmp_path, "edited.yaml", root=ROOT)
    assert done.returncode == 1
    assert f"error: results/edited/{name} is damaged: its content is not that which was written" in done.stderr


@pytest.fixture(scope="module")
def report(finished):
    done = write_report(finished.folder, "tiny.yaml")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "report:  results/tiny/report.html\n"
    return finished.folder / "results/tiny/report.html"


@pytest.fixture
def page(context, report):
    """The report; at the end there was no error and no request to a network."""
    page, complaints = context.new_page(), []
    # Snakemake's page itself warns of how its styles are made.
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: request.url.startswith("http") and complaints.append(request.url))
    page.goto(report.as_uri())
    yield page
    assert complaints == []


def links(page, category, what):
    """What can be opened of one result: the result itself, and what is said of it."""
    page.get_by_text(category, exact=True).first.click()
    return page.locator("tr", has=page.get_by_text(what, exact=True)).locator("a")


def test_categories_are_the_experiments(page):
    for category in (
        "Explorer",
        "Homology, distances between layers (Fig. 5)",
        "Homology, specificity (Fig. 6)",
        "Homology, sensitivity (Fig. 7)",
        "Homology, other measures of similarity",
        "Mapper, graphs (Figs. 3 and 8)",
        "Mapper, noise (Figs. 10 and 11)",
        "Mapper, purity (Fig. 12)",
        "Training",
        "Summary",
    ):
        assert page.get_by_text(category, exact=True).count() == 1, category


def test_captions_have_the_numbers_of_this_run_and_of_the_paper(page, report):
    summary = json.loads((report.parent / "summary.json").read_text())
    links(page, "Homology, specificity (Fig. 6)", "specificity (Fig. 6)").nth(1).click()
    rho = summary["homology"]["specificity"]["trained"]["h1"]["rho_mean"]
    page.get_by_text(f"ρ of H1 is {rho:.3g} on average over layers").wait_for()
    assert page.get_by_text("ρ is 0.907 at layer 9 and 0.910 on average over layers").count() == 1
    # A report that includes a file which is not there says so in its text.
    assert page.get_by_text("System Message").count() == 0


def test_captions_have_tables(page, report):
    summary = json.loads((report.parent / "summary.json").read_text())
    links(page, "Mapper, graphs (Figs. 3 and 8)", "graphs by layer (Fig. 8)").nth(1).click()
    row = page.locator("tr", has_text="foreground_1")
    row.wait_for()
    own = summary["mapper"]["graphs"]["foreground_1"]["16"]
    expected = ["foreground_1", "16", *(shown(int(own[name])) for name in ("n_nodes", "n_components", "n_cycles"))]
    assert row.locator("td").all_inner_texts() == expected


def test_tables_are_inside(page, report):
    with page.expect_download() as download:
        links(page, "Mapper, purity (Fig. 12)", "table of purity").first.click()
    table = report.parent / "mapper/resnet18_b/purity.csv"
    assert download.value.path().read_bytes() == table.read_bytes()


def test_the_explorer_is_inside(page):
    links(page, "Explorer", "graphs, distances and purity to look at").first.click()
    explorer = page.frame_locator("iframe")
    explorer.locator("#panel-a .node").first.wait_for()
    assert explorer.locator("#title").inner_text() == "actopo: tiny"
    explorer.locator("#to-distances").click()
    assert explorer.locator("[data-map=ab] .cell").count() == 16


def test_times_of_jobs_are_shown(page):
    page.get_by_text("Statistics", exact=True).click()
    page.locator("#runtimes canvas").wait_for()
    # A row for each rule, drawn in a canvas.
    drawn = """(canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((value, i) => i % 4 === 2 && value > 200 && data[i - 2] < 150).length;
    }"""
    assert page.locator("#runtimes canvas").evaluate(drawn) > 100


def test_a_config_that_was_not_run_has_no_report(finished, report):
    """Its captions would have numbers of that config beside figures of another."""
    before = report.stat()
    (finished.folder / "seven.yaml").write_text("mapper: {intervals: 7}\nfigures: {row: 8}\n")
    done = write_report(finished.folder, "tiny.yaml", "seven.yaml")
    assert (done.returncode, done.stdout) == (1, "")
    told = r"error: what is in results/tiny is not of this config, or not of this version of the workflow: snakemake "
    told += r"would run \d\d jobs \(build_mapper, .*, \.\.\.\); run snakemake with the same config first, or give the "
    told += r"config that was run\n"
    assert re.fullmatch(told, done.stderr)
    # One job, that draws.
    (finished.folder / "eight.yaml").write_text("figures: {row: 8}\n")
    done = write_report(finished.folder, "tiny.yaml", "eight.yaml")
    assert "snakemake would run 1 job (plot_specificity); run" in done.stderr
    # What Snakemake says of a config that is wrong.
    (finished.folder / "wrong.yaml").write_text("colour: red\n")
    done = write_report(finished.folder, "tiny.yaml", "wrong.yaml")
    assert "error: Snakemake cannot plan the run:\n" in done.stderr
    assert "colour: unknown key; known keys are run, device" in done.stderr
    after = report.stat()
    assert (after.st_mtime_ns, after.st_size) == (before.st_mtime_ns, before.st_size)


def test_a_copy_of_a_run_has_a_report_whatever_its_times(tiny_run, tmp_path):
    copy = Workflow(tmp_path / "copy").folder
    for name in ("results", ".snakemake"):
        shutil.copytree(tiny_run / name, copy / name, copy_function=shutil.copyfile)
    done = write_report(copy, "tiny.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    # Of which run results are is noted there.
    shutil.rmtree(copy / ".snakemake/metadata")
    done = write_report(copy, "tiny.yaml")
    assert done.returncode == 1
    assert done.stderr.endswith("; with results that are copied, copy .snakemake too\n")


@pytest.mark.parametrize("change", ["edited", "removed"])
def test_what_the_report_alone_reads(spoilable, change):
    results = spoilable.folder / "results/tiny"
    if change == "edited":
        caption = results / "captions/purity.rst"
        caption.write_text(caption.read_text().replace("0", "7"))
        told = "results/tiny/captions/purity.rst is damaged"
    else:
        (results / "similarity/resnet18_a/specificity.csv").unlink()
        told = "specificity.csv is missing; to make it again, run snakemake as before with -- results/tiny/similarity/"
    done = write_report(spoilable.folder, "tiny.yaml")
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr


def test_what_is_not_finished_has_no_report(spoilable):
    (spoilable.folder / "results/tiny/figures/purity.png").unlink()
    assert "snakemake would run 1 job (plot_purity); run" in write_report(spoilable.folder, "tiny.yaml").stderr
    (spoilable.folder / "results/tiny/summary.json").unlink()
    assert "is no finished run, which has a summary.json" in write_report(spoilable.folder, "tiny.yaml").stderr
