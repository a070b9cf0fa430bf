"""One network whose weights are trained already, kept like those that are trained here."""

from contextlib import nullcontext

from actopo.errors import InputError
from actopo.files import load_json, save_json
from actopo.job import settings, start_logging
from actopo.networks.build import count_outputs
from actopo.networks.probe import pass_zeros
from actopo.networks.weights import damaged_weights, load_pretrained, save_tensors

start_logging(snakemake)

meta, weights = load_json(snakemake.input.meta), snakemake.params.weights
# Images without labels are one class, and a classifier has two or more.
shape, n_classes = meta["image_shape"], max(len(meta["class_names"]), 2)
model = load_pretrained(settings(snakemake).network, weights, n_classes, shape[-1])
if damaged := damaged_weights(model):
    raise InputError(f"the weights {weights} hold values that are not finite, first in {damaged[0]}; they are damaged")
# A network that cannot take these images is better found now than after the other jobs.
pass_zeros(model, shape, nullcontext())
n_outputs = count_outputs(model, shape)
save_tensors(snakemake.output.weights, model.state_dict(), n_classes=str(n_outputs))
# Nothing is known of the training, and the classes need not be those of the images. A file of weights is known by a
# digest of what it holds.
facts = {"seed": int(snakemake.wildcards.seed), "weights": snakemake.params.content, "n_classes": n_outputs}
save_json(snakemake.output.metrics, {**facts, "test_accuracy": None, "precision": None})
