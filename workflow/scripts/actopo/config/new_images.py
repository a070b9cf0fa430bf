"""Checks of the images that a configuration places on finished graphs."""

from actopo.config.values import image_shape, sampling_order
from actopo.errors import shown
from actopo.mapper.choices import DBSCAN_NAME
from actopo.points.choices import SAMPLINGS


def new_image_problems(config, layers):
    """Messages about graphs that there are not, samplings that new images cannot have, and shifts out of the image."""
    mapper, path = config["mapper"], "mapper.new_images"
    new = mapper["new_images"]
    if new is None:
        return
    size = image_shape(config, mapper["model"])[0]
    if far := [shift for shift in new["shifts"] if abs(shift) >= size]:
        yield f"{path}.shifts: {shown(far)} leave nothing of images of {size} pixels; write less than {size}"
    samplings = sampling_order(mapper["samplings"])
    for name, wanted in new["graphs"].items():
        missing = [layer for layer in wanted if layer not in layers]
        if name not in samplings or missing:
            what = f"layers {shown(missing)} are" if name in samplings else "it is"
            there = f"layers {shown(layers)}" if name in samplings else f"samplings {shown(list(samplings))}"
            yield f"{path}.graphs.{name}: {what} not in the mapper study, which has {there}; list some of those"
        elif new["part"] != mapper["part"] and SAMPLINGS[samplings[name]["method"]].by_mask:
            yield (
                f"{path}.graphs.{name}: it goes by masks, and part {new['part']} has none; name another sampling, "
                f"or set {path}.part to {mapper['part']}"
            )
    if mapper["clusterer"] != DBSCAN_NAME:
        yield f"{path}: nodes take points within DBSCAN's eps, and mapper.clusterer is another; set it to null"
