"""What a configuration leaves to published weights: the size of images, and their normalisation."""

from actopo.config.layers import ask_preprocessing
from actopo.config.values import is_trained_here, studied_models
from actopo.errors import InputError, shown

PRETRAINED = "pretrained"


def fill_pretrained(config, cache=None):
    """
    Put numbers in the place of the word `pretrained`: in `models.NAME.input` and `data.normalisation`.

    Parameters
    ----------
    config : dict
        Changed in place.
    cache : Path, optional
        As in `actopo.config.layers.layers_of`.

    Returns
    -------
    list of str
        Messages about models whose weights do not say, and about a normalisation in which they differ; what they are
        about is left as it is.
    """
    problems, known = [], {}

    def ask(path, name):
        if is_trained_here(config["models"][name]):
            problems.append(f"{path}: {name} is trained here, so that no weights say it; write numbers")
            return None
        try:
            return known.get(name) or known.setdefault(name, ask_preprocessing(config, name, cache))
        except InputError as error:
            problems.append(f"{path}: {error}")
            return None

    for name, model in config["models"].items():
        if model.get("input") == PRETRAINED and (found := ask(f"models.{name}.input", name)):
            model["input"] = {key: found[key] for key in ("size", "resize")}
    if config["data"]["normalisation"] == PRETRAINED:
        found = {name: ask("data.normalisation", name) for name in studied_models(config)}
        found = {name: {key: each[key] for key in ("mean", "std")} for name, each in found.items() if each}
        if len({str(each) for each in found.values()}) > 1:
            problems.append(
                f"data.normalisation: the weights of the models differ in it, {shown(found, 200)}; give one"
            )
        elif found:
            config["data"]["normalisation"] = next(iter(found.values()))
    return problems
