"""
The networks of a study, and points of the homology study, made by the scripts of the workflow in its results.

It is for machines without Snakemake: what Snakemake would give a script is put together here. The folder is that of a
run, `results/RUN`; Snakemake finds in it what it would have made itself.
"""

import logging
import runpy
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import yaml
from actopo.config.choosing import choose_layers
from actopo.config.config_files import merged, over_defaults, overlay
from actopo.config.data import number_problems
from actopo.config.layers import model_layers, network_keys
from actopo.config.params import image_keys, is_random, recipe_keys, sampling_keys, structure_keys
from actopo.config.validate import validate
from actopo.config.values import as_json, epoch_seeds, image_size, kept_epochs, seed_list
from actopo.digests import code_digest, environment_digest
from actopo.errors import InputError
from actopo.files import load_array, load_json, save_json
from actopo.images.choices import PARTS
from actopo.images.listing import image_listing
from actopo.keys import layer_set_name
from actopo.networks.seeds_per_job import TrainingFolder, forget_delivered, run_of
from actopo.points.choices import SAMPLINGS

# Batches that launches of kernels bind, which a CUDA graph saves.
SMALL_BATCH = 256
ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "workflow" / "scripts"


class Named(SimpleNamespace):
    """Files or params, as attributes and by their names."""

    def __getitem__(self, name):
        return vars(self)[name]

    def items(self):
        """Names and values."""
        return vars(self).items()


def read_config(files, images):
    """
    Configuration of a run: the defaults, what files say instead, and images of a folder.

    Parameters
    ----------
    files : sequence of Path
        As of Snakemake's `--configfile`.
    images : Path
        Folder or .zip of class folders.

    Returns
    -------
    config, own : dict
        The whole configuration, and what differs from the defaults.

    Raises
    ------
    InputError
        If a file cannot be read, or, where jsonschema is installed, if the configuration is wrong.
    """
    own = overlay(merged(files), {"data": {"dataset": "image_folder", "root": str(Path(images).absolute())}})
    config = overlay(over_defaults(ROOT, []), own)
    if find_spec("jsonschema") is not None:
        validate(config, merged([ROOT / "workflow" / "schemas" / "config.schema.yaml"]))
    return config, own


class Study:
    """
    Networks of a study, and points of the homology study.

    Parameters
    ----------
    folder : Path
        Folder of the run.
    config : dict
        Whole configuration.
    device : {"cpu", "cuda"}
    threads : int
    study : {"homology", "mapper"}
        The homology study has all seeds of its model, the mapper study has those of `mapper.seeds`.
    """

    def __init__(self, folder, config, device, threads, study="homology"):
        self.folder, self.config, self.device, self.threads = folder, config, device, threads
        self.has_points, self.homology, self.name = study == "homology", config["homology"], config[study]["model"]
        self.model = config["models"][self.name]
        self.seeds = seed_list(self.model["seeds"] if study == "homology" else config["mapper"]["seeds"])
        sizes = image_size(config, self.name)
        dataset = ".".join([config["data"]["dataset"], *(f"{key}{value}" for key, value in sorted(sizes.items()))])
        self.data, self.source = folder / "data" / dataset, image_keys({**config["data"], **sizes})
        self.recipe = recipe_keys(self.model["training"])
        keys = network_keys(self.model)
        env = yaml.safe_load((ROOT / "envs" / "torch.yaml").read_text(encoding="utf-8"))
        self.params = {"network": as_json(**keys), "structure": as_json(**structure_keys(keys))}
        self.params["env"] = environment_digest(env["dependencies"])
        self.has_graph = self.model.get("training", {}).get("cuda_graph", False)

    def is_prepared(self):
        """Whether the images are there."""
        return (self.data / "meta.json").exists()

    def prepare(self):
        """
        Prepare the images, if they are not there, and return images and labels of each part, mean and deviation.

        Raises
        ------
        InputError
            If those that were prepared here are others than the configuration asks for, or if they are too few.
        """
        output = {f"{part}_{kind}": self.data / part / name for part in PARTS for kind, name in _FILES.items()}
        output["meta"] = self.data / "meta.json"
        if not self.is_prepared():
            limits = as_json(**self.config["data"]["limits"])
            params = {"source": as_json(**self.source), "root": self.config["data"]["root"], "limits": limits}
            self._run("prepare_images", output=output, params=params)
            save_json(self._origin, self._images_asked_for())
        elif self._has_other_images():
            raise InputError(f"{self.data} has other images, or of other keys of `data`; give another --out")
        self.meta = load_json(output["meta"])
        parts = {part: [load_array(output[f"{part}_{kind}"]) for kind in ("images", "labels")] for part in PARTS}
        if problems := list(number_problems(self.config, {part: len(labels) for part, (_, labels) in parts.items()})):
            raise InputError("; ".join(problems))
        return parts, (self.meta["mean"], self.meta["std"])

    @property
    def _origin(self):
        return self.folder / "gpu" / f"{self.data.name}.json"

    def _has_other_images(self):
        """Whether it is known that the images are others; without those asked for, what is there is taken."""
        can_be_known = self._origin.exists() and Path(self.config["data"]["root"]).exists()
        return can_be_known and load_json(self._origin) != self._images_asked_for()

    def _images_asked_for(self):
        """Keys that the images depend on, and a digest of what lies in their folder."""
        return {"source": as_json(**self.source), "content": image_listing(self.config["data"]["root"])}

    def is_trained(self, seed):
        """Whether the network of a seed is there, made by this code, recipe and images."""
        run = run_of(Named(**self._training_params()), self.meta)
        return TrainingFolder(self._weights(seed), run, self.device).is_done()

    def take_graph(self):
        """Train in CUDA graphs, whose weights are the same, where batches are small, and return whether it will."""
        training = self.model["training"]
        self.has_graph |= training["batch_size"] <= SMALL_BATCH and not training.get("compile", False)
        return self.has_graph

    def train(self, seed):
        """Train the network of a seed, or go on from its checkpoint."""
        weights = self._weights(seed)
        self._run(
            "train_model",
            input={f"{part}_{kind}": self.data / part / _FILES[kind] for part in PARTS for kind in ("images", "labels")}
            | {"meta": self.data / "meta.json"},
            output={"weights": weights, "metrics": weights.with_suffix(".json")},
            params=self._training_params(),
            wildcards={"model": self.name, "seed": str(seed), "epoch": ""},
        )
        # Otherwise a copy of the folder would hold every network twice.
        forget_delivered(self.folder / "models", keep_links=False)

    def sample(self, seed):
        """Points of a network, and of the one from which its training starts, where that is a control of the study."""
        if not self.has_points:
            return
        similarity, method = self.config["similarity"], self.homology["sampling"]
        taken = {key: self.homology[key] for key in SAMPLINGS[method].settings if key in self.homology}
        sampling = {"method": method, "tap": self.homology["tap"], **taken}
        known, layout = model_layers(self.config, self.name), self.model.get("layout")
        layers = sorted(choose_layers(self.homology["layers"], known))
        if all(layer < len(known) and known[layer]["is_convolution"] for layer in layers):
            layout = None
        images = self.data / self.homology["part"]
        untrained = similarity["untrained"]
        fitted = as_json(n_images=untrained["images"], seed=similarity["seed"])
        for control in ["", ".untrained"] if "untrained" in similarity["controls"] else [""]:
            is_fitted = control and untrained["batch_norm"] != "initial"
            for batch in range(self.homology["batches"] if seed == self.seeds[0] else 1):
                name = f"{self.name}{control}/seed{seed}/homology.batch{batch}.{method}"
                points = self.folder / "points" / name / f"layers{layer_set_name(layers)}.npz"
                # A network that was trained again has other points.
                is_older = not control and points.exists() and _time(points) < _time(self._weights(seed))
                if points.exists() and not is_older:
                    continue
                self._run(
                    "sample_points",
                    input={
                        "activations": [],
                        "weights": [] if control else self._weights(seed),
                        "train_images": self.data / "train" / "images.npy" if is_fitted else [],
                        "images": images / "images.npy",
                        "labels": images / "labels.npy",
                        "meta": self.data / "meta.json",
                    },
                    output={"points": points},
                    params={
                        **self.params,
                        "batch_norm": fitted if is_fitted else "",
                        "layers": as_json(layers=layers, **({"layout": layout} if layout else {})),
                        "sampling": as_json(**sampling_keys(sampling)),
                        "tap": self.homology["tap"],
                        "batches": as_json(batch_size=self.homology["batch_size"], seed=self.homology["seed"]),
                        "noise": "",
                        "seed": self.homology["seed"] if is_random(sampling) else 0,
                        "foreground": "",
                    },
                    wildcards={"seed": str(seed), "subset": f"batch{batch}", "draw": "", "study": "homology"},
                )

    def _training_params(self):
        """Params of `train_model`."""
        return {
            **self.params,
            "recipe": as_json(**self.recipe),
            "others": [],
            "code": code_digest("train_model"),
            "keepers": self._kept_seeds(),
            "cuda_graph": self.has_graph,
            "keep": [epoch for epoch in kept_epochs(self.model) if epoch > 0],
        }

    def _kept_seeds(self):
        """Seeds whose networks are kept at epochs of their training, for each study that looks at them."""
        seeds = {"homology": self.model["seeds"], "mapper": self.config["mapper"]["seeds"]}
        studies = [study for study in seeds if self.config[study]["model"] == self.name]
        return sorted({seed for study in studies for seed in epoch_seeds(self.model, seed_list(seeds[study]))})

    def _weights(self, seed):
        return self.folder / "models" / self.name / f"seed{seed}.safetensors"

    def _run(self, script, input=None, output=None, params=None, wildcards=None):
        """Run a script of the workflow in this process."""
        job = SimpleNamespace(
            rule=script,
            input=Named(**{key: _text(value) for key, value in (input or {}).items()}),
            output=Named(**{key: _text(value) for key, value in (output or {}).items()}),
            params=Named(**(params or {})),
            wildcards=Named(**(wildcards or {})),
            resources=SimpleNamespace(device=self.device),
            threads=self.threads,
            log=[],
        )
        hook, handlers = sys.excepthook, logging.root.handlers[:]
        try:
            runpy.run_path(str(SCRIPTS / f"{script}.py"), init_globals={"snakemake": job})
        finally:
            sys.excepthook, logging.root.handlers[:] = hook, handlers


_FILES = {"images": "images.npy", "labels": "labels.npy", "files": "files.csv"}


def _text(value):
    return value if isinstance(value, list) else str(value)


def _time(path):
    return path.stat().st_mtime_ns
