"""Single heads of attention are no maps."""

import pytest
from actopo.networks.build import build
from actopo.networks.heads import without_heads
from actopo.networks.outputs import find_outputs

SMALL = {"img_size": 48, "patch_size": 8, "depth": 1, "qk_norm": True}


@pytest.mark.parametrize("more", [{}, {"class_token": False, "global_pool": "avg"}])
def test_norms_of_queries_and_keys_are_no_layer(more):
    network = build(
        architecture="timm:vit_tiny_patch16_224", arguments={**SMALL, **more}, n_classes=4, n_channels=3, seed=0
    )
    found = [output._asdict() for output in find_outputs(network, (48, 48, 3))]
    checked = {output["name"]: output for output in without_heads(found)}
    for name in ("blocks.0.attn.q_norm", "blocks.0.attn.k_norm"):
        [part] = checked.pop(name)["parts"]
        assert not part["shapes"]
        assert part["problem"].startswith(f"returns {36 if more else 37} x 64 x 3 values for an image")
    assert list(checked.values()) == [output for output in found if output["name"] in checked]


@pytest.mark.parametrize(
    "name", ["googlenet", "resnet18_cifar", "timm:convnext_atto", "timm:swin_tiny_patch4_window7_224"]
)
def test_maps_stay_layers(name):
    network = build(architecture=name, n_classes=4, n_channels=3, seed=0)
    found = [output._asdict() for output in find_outputs(network, (224, 224, 3) if "swin" in name else (64, 64, 3))]
    assert without_heads(found) == found
