"""Networks that give an image other values in another pass are refused, and no others."""

import pytest
import torch
from actopo.errors import InputError
from actopo.networks.build import build
from actopo.networks.repeats import require_repeatable
from torch import nn
from torch.nn import functional

IMAGES = torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(0))


class Dropping(nn.Module):
    """Drops activations in evaluation, too; what comes after may hide it."""

    def __init__(self, rate=0.5):
        super().__init__()
        self.conv, self.rate, self.head = nn.Conv2d(3, 4, 3), rate, nn.Linear(4, 2)

    def forward(self, x):
        """Logits."""
        return self.head(functional.dropout(self.conv(x), self.rate).mean((2, 3)))


class Jittering(nn.Module):
    """Adds noise of its own in evaluation, and gives more than a tensor."""

    def __init__(self, form):
        super().__init__()
        self.form = form

    def forward(self, x):
        """Two outputs."""
        return self.form(zip(["whole", "noisy"], [x, x + 0.1 * torch.rand(x.shape)], strict=True))


def test_random_numbers_in_evaluation_are_refused():
    network = Dropping().eval()
    with pytest.raises(InputError, match=r"^module head gives the same images other values each time.*self\.training"):
        require_repeatable(network, IMAGES)
    assert not any(module._forward_hooks for module in network.modules())
    # The images are zeros after it, and the output is the same; the module that draws is not.
    hidden = nn.Sequential(Dropping(), nn.Linear(2, 2)).eval()
    nn.init.zeros_(hidden[1].weight)
    with pytest.raises(InputError, match=r"^module 0\.head gives the same"):
        require_repeatable(hidden, IMAGES)
    with pytest.raises(InputError, match=r"^module 0\.head gives the same"):
        require_repeatable(nn.Sequential(Dropping(0.02)).eval(), IMAGES[:1])
    require_repeatable(Dropping(0.0).eval(), IMAGES)


class Flattening(nn.Module):
    """Gives a module the positions of all images in one row."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(64)

    def forward(self, x):
        """The same shape."""
        return self.norm(x.movedim(1, -1).reshape(-1, 64)).reshape(len(x), -1)


def test_positions_of_all_images_in_one_row_are_no_difference():
    """Also where as many of their values are compared."""
    require_repeatable(nn.Sequential(nn.Conv2d(3, 64, 1), Flattening()).eval(), IMAGES.repeat(1, 1, 2, 2))


def test_what_depends_on_the_images_of_a_batch_is_refused():
    def network(**settings):
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, **settings), nn.Flatten(), nn.Linear(784, 2)).eval()

    with pytest.raises(InputError, match=r"^module 1 gives an image other values beside other images.*GroupNorm"):
        require_repeatable(network(track_running_stats=False), IMAGES)
    for fine in (network(), network(momentum=None)):
        require_repeatable(fine, IMAGES)
    require_repeatable(network(track_running_stats=False), IMAGES[:1])


@pytest.mark.parametrize("form", [dict, lambda pairs: tuple(value for _, value in pairs)])
def test_outputs_of_any_form_are_compared(form):
    with pytest.raises(InputError, match=r"^the network gives the same images"):
        require_repeatable(Jittering(form), IMAGES)


@pytest.mark.parametrize("name", ["googlenet", "swin_t", "mobilenet_v3_small", "shufflenet_v2_x0_5"])
def test_networks_of_torchvision_are_taken(name):
    network = build(architecture=name, n_classes=7, n_channels=3, seed=0).eval()
    images = torch.randn(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    require_repeatable(network, images)
    if name == "mobilenet_v3_small":
        require_repeatable(network.bfloat16(), images.bfloat16())


class Normalising(nn.Module):
    """Changes its input, and passes the images through its stem one by one."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.LeakyReLU(0.5, inplace=True), nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True))
        self.blocks = nn.Sequential(*(nn.Linear(4, 4) for _ in range(6)))

    def forward(self, x):
        """Logits."""
        x.sub_(0.5)
        return self.blocks(torch.cat([self.stem(image[None]) for image in x]).mean((2, 3)))


def test_changes_in_place_and_calls_for_each_image_are_no_difference():
    before = IMAGES.clone()
    require_repeatable(Normalising().eval(), IMAGES)
    assert torch.equal(IMAGES, before)


def test_values_that_are_not_finite_and_scripted_parts_are_no_difference():
    class Broken(nn.Module):
        def forward(self, x):
            return x / 0

    class HalfBroken(nn.Module):
        def forward(self, x):
            return torch.cat([x, x[:, :1] / 0], 1)

    class Sparse(nn.Module):
        def forward(self, x):
            return x.to_sparse()

    require_repeatable(nn.Sequential(nn.Conv2d(3, 4, 3), Sparse()).eval(), IMAGES)
    require_repeatable(nn.Sequential(Broken()).eval(), IMAGES)
    with pytest.raises(InputError, match="gives the same images"):
        require_repeatable(nn.Sequential(Dropping(), HalfBroken()).eval(), IMAGES)
    scripted = torch.jit.script(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())).eval()
    require_repeatable(nn.Sequential(scripted, nn.Flatten()).eval(), IMAGES)
