# The figures of the run: every stage adds its own, a PNG and an SVG each. A setting under `figures` redraws one of them.
FIGURES = []
# Why the configuration leaves figures out, by their names.
LEFT_OUT = {}
ONE_NETWORK = f"the homology study has one network; give models.{HOMOLOGY['model']}.seeds two"
UNLABELLED = "the images have no labels, so that there are no classes"
NO_NOISE = "no graph has noise; name sigmas, layers and samplings under mapper.noise"


def show_figures(*names):
    """Add figures to those of the run."""
    FIGURES.extend(collect("<results>/figures/{name}.{kind}", name=names, kind=["png", "svg"]))


def show_figure_if(is_shown, name, otherwise):
    """Add a figure to those of the run, or keep why the configuration leaves it out."""
    if is_shown:
        show_figures(name)
    else:
        LEFT_OUT[name] = otherwise


def for_figure(name, files):
    """Input function: files of a figure, which may be asked for by its name where the configuration leaves it out."""

    def inputs(wildcards):
        if name in LEFT_OUT:
            raise WorkflowError(f"The configuration leaves this figure out: {LEFT_OUT[name]}.")
        return files

    return inputs
