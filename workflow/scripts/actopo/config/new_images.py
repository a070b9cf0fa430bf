"""Checks of the images that a configuration places on finished graphs."""

from actopo.config.values import sampling_order
from actopo.mapper.choices import DBSCAN_NAME
from actopo.points.choices import SAMPLINGS


def new_image_problems(mapper, layers):
    """Messages about graphs that there are not, and samplings that new images cannot have."""
    new, path = mapper["new_images"], "mapper.new_images"
    if new is None:
        return
    samplings = sampling_order(mapper["samplings"])
    for name, wanted in new["graphs"].items():
        missing = [layer for layer in wanted if layer not in layers]
        if name not in samplings or missing:
            what = f"layers {missing} are" if name in samplings else "it is"
            yield f"{path}.graphs.{name}: {what} not in the mapper study"
        elif new["part"] != mapper["part"] and SAMPLINGS[samplings[name]["method"]].by_mask:
            yield (
                f"{path}.graphs.{name}: it goes by masks, and part {new['part']} has none; name another sampling, "
                f"or set {path}.part to {mapper['part']}"
            )
    if mapper["clusterer"] != DBSCAN_NAME:
        yield f"{path}: nodes take points within DBSCAN's eps, and mapper.clusterer is another; set it to null"
