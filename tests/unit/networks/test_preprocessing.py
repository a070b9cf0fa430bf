"""Preprocessing of published weights, as torchvision documents it."""

import json

import pytest
from actopo.errors import InputError
from actopo.networks.preprocessing import preprocessing
from actopo.networks.print_preprocessing import find

IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


@pytest.mark.parametrize(
    ("architecture", "weights", "size", "resize"),
    [
        ("resnet50", "IMAGENET1K_V1", 224, 256),
        ("resnet50", "IMAGENET1K_V2", 224, 232),
        ("inception_v3", "DEFAULT", 299, 342),
        ("vit_b_16", "IMAGENET1K_SWAG_E2E_V1", 384, 384),
    ],
)
def test_torchvisions_weights(architecture, weights, size, resize):
    expected = {"size": size, "resize": resize, **IMAGENET}
    assert preprocessing({"architecture": architecture}, weights) == expected
    assert find(json.dumps([{"architecture": architecture}, weights])) == expected


def test_files_do_not_say():
    with pytest.raises(InputError, match=r"the file net\.pth does not say how its images were prepared"):
        preprocessing({"architecture": "resnet50"}, "net.pth")
    with pytest.raises(InputError, match="no weights 'V9' for resnet50"):
        preprocessing({"architecture": "resnet50"}, "V9")
