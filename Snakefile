# The topology of a convolutional network's activations: from images to diagrams, mapper graphs and figures.
# Rules stand in workflow/rules, one file a stage, in the order of the data's way.
import inspect

from snakemake.utils import min_version

min_version("9.17.1")


report: "workflow/report/workflow.rst"


include: "workflow/rules/sources.smk"
include: "workflow/rules/common.smk"
include: "workflow/rules/hooks.smk"


pathvars:
    results=f"results/{config['run']}",


include: "workflow/rules/inputs.smk"
include: "workflow/rules/mapper_inputs.smk"
include: "workflow/rules/layer_files.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/points.smk"
include: "workflow/rules/homology.smk"
include: "workflow/rules/similarity.smk"
include: "workflow/rules/sensitivity.smk"
include: "workflow/rules/surrogates.smk"
include: "workflow/rules/metrics.smk"
include: "workflow/rules/power.smk"
include: "workflow/rules/lenses.smk"
include: "workflow/rules/mapper.smk"
include: "workflow/rules/graphs.smk"
include: "workflow/rules/replicates.smk"
include: "workflow/rules/all_eps.smk"
include: "workflow/rules/labels.smk"
include: "workflow/rules/placements.smk"
include: "workflow/rules/epochs.smk"
include: "workflow/rules/pairs.smk"
include: "workflow/rules/exports.smk"
include: "workflow/rules/explorer_inputs.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        "<results>/summary.json",
        "<results>/explorer.html",
        FIGURES,
        TABLES,
        EXPORTS,


# Snakemake asks several times a job which arguments each function takes: they are found once.
for declared in workflow.rules:
    for function in (*declared.input, *declared.params):
        function = getattr(function, "callable", None) or function
        if inspect.isfunction(function):
            function.__signature__ = inspect.signature(function)
