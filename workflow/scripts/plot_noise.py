"""Figure 10: images with Gaussian noise."""

import numpy as np
from actopo.figures.noise import plot
from actopo.figures.style import save_figure
from actopo.files import load_array, load_json
from actopo.job import settings, start_logging
from actopo.points.noise import gaussian_noise

start_logging(snakemake)

settings, meta = settings(snakemake).noise, load_json(snakemake.input.meta)
images, labels = load_array(snakemake.input.images, mapped=True), load_array(snakemake.input.labels)
# The first image of some classes.
chosen = np.array([np.flatnonzero(labels == label)[0] for label in np.unique(labels)[: settings["n_images"]]])
names, std = [meta["class_names"][label] for label in labels[chosen]], np.asarray(meta["std"])
noisy = {}
for sigma in settings["sigmas"]:
    noise = gaussian_noise(chosen, images.shape[1:], sigma, settings["units"], std, settings["seed"])
    noisy[sigma] = images[chosen] / 255 + noise * std
save_figure(snakemake.output, plot(images[chosen], noisy, names, settings["units"]))
