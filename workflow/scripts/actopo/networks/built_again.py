"""
Whether a network that is built again, in another process and from its state dict, is the same, as for each job.

    python -m actopo.networks.built_again GIVEN FOUND

reads what `require_same_again` wrote, and writes what the network gives there.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from actopo.answers import one_line, run_module
from actopo.errors import InputError
from actopo.networks.build import build
from actopo.networks.inputs import place
from actopo.networks.repeats import first_difference, values_of
from actopo.networks.weights import load_pretrained, load_weights

# As in `actopo.networks.repeats`. Here all is as it was but the process.
ROUNDING = 0.03
UNLIKE_ITS_WEIGHTS = (
    "something that is not in the file of weights is drawn, so that it is another than in your training; store it with "
    "the weights"
)
UNLIKE_BEFORE = (
    "something that is not drawn by torch inside of the function comes from NumPy, Python's random or the import of a "
    "file, or the network sets itself by the first images that it is given; draw it with torch inside of the function, "
    "whose seed is set, or let the function take `seed`; let it set itself in training alone"
)


def make(network, weights, sizes, seed):
    """A network with weights of a file or, if they are None, with initial ones of a seed."""
    return (
        build(**network, **sizes, seed=seed)
        if weights is None
        else load_pretrained(network, weights, **sizes, seed=seed)
    )


def require_same_again(network, weights, sizes, model, values, images):
    """
    Build a network again in another process, and compare what it gives of some images.

    Parameters
    ----------
    network : dict
        Keys of `actopo.networks.build.build`.
    weights : str or None
        File of weights; None for a network that is trained.
    sizes : dict
        `n_channels` and `n_classes`.
    model : torch.nn.Module
        The network, in evaluation; one that is trained has had a pass in training since it gave `values`.
    values : dict
        `actopo.networks.repeats.values_of` the images.
    images : tensor of shape (b, c, h, w)

    Raises
    ------
    InputError
        If the other network gives other values, or does not take the state dict of this one.
    """
    state = model.state_dict() if weights is None else {}
    if odd := next((name for name, value in state.items() if not isinstance(value, torch.Tensor)), None):
        raise InputError(f"the state dict of the network has {odd}, which is no tensor; keep it in a buffer")
    with TemporaryDirectory() as folder:
        given, found = Path(folder, "given.pt"), Path(folder, "found.pt")
        asked = json.dumps([network, weights, sizes])
        torch.save({"asked": asked, "images": images, "state": {**state}}, given)
        done = run_module("actopo.networks.built_again", str(given), str(found))
        if not found.exists():
            said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
            raise InputError(
                "the network cannot be built a second time, in a process of its own, as each job does: "
                f"{said[-1].removeprefix('error: ')}"
            )
        again = torch.load(found, weights_only=True)
    if (name := first_difference(values, again["values"], ROUNDING)) is not None:
        why = UNLIKE_ITS_WEIGHTS if weights else UNLIKE_BEFORE
        raise InputError(f"{name} gives other values when the network is built a second time, as each job does: {why}")
    if weights is not None:
        return
    if again["misfit"] is not None:
        raise InputError(
            "the state dict of the network after a pass in training does not fit the network as it is built: "
            f"{again['misfit']}; give its buffers their final shapes when it is built"
        )
    if (name := first_difference(values_of(model, images), again["after"], ROUNDING)) is not None:
        raise InputError(
            f"{name} gives other values once the network is built again and takes its state dict from after a pass in "
            "training, as each job does: training changes something that is neither a parameter nor a stored buffer "
            "(register it as a buffer, without persistent=False), or evaluation changes what is stored"
        )


def main(given, found):
    """Build the network of a file, and write what it gives, and gives with the state dict of that file."""
    given = torch.load(given, weights_only=True)
    network, weights, sizes = json.loads(given["asked"])
    # Of weights, what another seed changes is not in the file.
    model = make(network, weights, sizes, seed=0 if weights is None else 1)
    place(model)
    result = {"values": values_of(model.eval(), given["images"]), "after": None, "misfit": None}
    if weights is None:
        try:
            load_weights(model.train(), given["state"])
            result["after"] = values_of(model.eval(), given["images"])
        except (InputError, RuntimeError, AttributeError) as error:
            result["misfit"] = " ".join(str(error).split())
    torch.save(result, found)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception as error:
        sys.exit(one_line(error if isinstance(error, InputError) else f"{type(error).__name__}: {error}"))
