"""Images in all the forms that a notebook has become the same input of a network."""

import numpy as np
import pytest
import torch
from actopo.errors import InputError
from actopo.networks.inputs import to_input
from actopo.notebook.images import read_images
from torch.utils.data import DataLoader, TensorDataset

from unit.notebook.examples import N, labels, pictures

MEAN, STD = [0.4, 0.5, 0.6], [0.2, 0.25, 0.3]
INPUT = to_input(pictures(), MEAN, STD)
LOADER = DataLoader(TensorDataset(INPUT, torch.from_numpy(labels())), batch_size=17)
FORMS = {
    "array": pictures(),
    "tensor": torch.from_numpy(pictures()),
    "channels first": torch.from_numpy(pictures()).permute(0, 3, 1, 2),
    "floats": INPUT,
    "doubles": INPUT.double(),
    "with gradients": INPUT.clone().requires_grad_(),
    "loader": LOADER,
    "batches": [pictures()[:50], pictures()[50:]],
    "loader without labels": DataLoader(TensorDataset(INPUT), batch_size=17),
    "pairs": [(pictures()[:50], labels()[:50].tolist()), (pictures()[50:], labels()[50:].tolist())],
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_the_same_input(form):
    read = read_images(FORMS[form], mean=MEAN, std=STD, labels=labels())
    assert len(read) == N
    torch.testing.assert_close(torch.cat(read.batches), INPUT, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(read.pictures, pictures())
    assert read.labels.tolist() == labels().tolist()
    assert read.class_names == ["0", "1"]


@pytest.mark.parametrize(("form", "has_labels"), [("loader", True), ("pairs", True), ("batches", False)])
def test_labels_of_batches_are_taken(form, has_labels):
    read = read_images(FORMS[form], mean=MEAN, std=STD)
    assert read.labels.tolist() == (labels().tolist() if has_labels else [0] * N)
    assert read.class_names == (["0", "1"] if has_labels else ["image"])


def test_8_bit_images_are_divided_by_255_alone_without_a_normalisation():
    read = read_images(pictures())
    np.testing.assert_allclose(torch.cat(read.batches).permute(0, 2, 3, 1), pictures() / 255, rtol=1e-6)


def test_channels_in_another_order_are_a_view():
    np.testing.assert_array_equal(read_images(pictures()[..., ::-1]).pictures, pictures()[..., ::-1])


def test_grey_images():
    grey = pictures()[..., 0]
    for images in (grey, grey[..., None]):
        read = read_images(images)
        assert read.batches[0].shape == (N, 1, 16, 16)
        assert read.pictures.shape == (N, 16, 16, 1)


def test_floats_without_a_normalisation_are_shown_between_their_extremes():
    read = read_images(torch.linspace(-3, 5, 2 * 3 * 4 * 4).reshape(2, 3, 4, 4))
    assert (read.pictures.min(), read.pictures.max()) == (0, 255)
    assert read_images(torch.ones(2, 3, 4, 4)).pictures.max() == 0


def test_classes_by_name():
    names = np.array(["dog", "cat"])[labels()]
    read = read_images(pictures(), names)
    assert read.class_names == ["cat", "dog"]
    assert read.labels.tolist() == (1 - labels()).tolist()
    assert read_images(pictures(), torch.from_numpy(labels())).labels.tolist() == labels().tolist()
    read = read_images(pictures(), names.tolist(), class_names=["dog", "cat", "cow"])
    assert read.class_names == ["dog", "cat", "cow"]
    assert read.labels.tolist() == labels().tolist()


def test_numbers_that_are_names():
    """Not a class for each number below."""
    read = read_images(pictures(), labels() * 100_000)
    assert (read.class_names, read.labels.tolist()) == (["0", "100000"], labels().tolist())
    read = read_images(pictures(), labels() + N - 2)
    assert len(read.class_names) == N


def test_batches_may_be_empty():
    batches = [(pictures()[:0], labels()[:0]), (pictures(), labels()), (pictures()[:0], labels()[:0])]
    assert read_images(batches).labels.tolist() == labels().tolist()
    read = read_images([(pictures(), labels().tolist()), (pictures()[:0], [])])
    assert read.class_names == ["0", "1"]


def test_large_images_come_in_smaller_batches():
    read = read_images(np.zeros((6, 2000, 2000, 1), dtype=np.uint8))
    assert [len(batch) for batch in read.batches] == [1] * 6


@pytest.mark.parametrize(
    ("images", "settings", "words"),
    [
        ([], {}, "there are no images"),
        (pictures()[:0], {}, "there are no images"),
        (pictures().astype(float), {}, r"images are float64 of shape \(60, 16, 16, 3\); give 8-bit images"),
        (pictures().astype(np.int64), {}, "images are int64"),
        (pictures()[0, ..., 0], {}, r"8-bit images have shape \(16, 16\)"),
        (np.zeros((2, 8, 8, 4), dtype=np.uint8), {}, "8-bit images have shape"),
        (list(pictures()), {}, r"8-bit images have shape \(16, 16, 3\); .* make one array"),
        (list(pictures()[..., :1]), {}, r"8-bit images have shape \(16, 16, 1\); .* make one array"),
        ([(image, 0) for image in pictures()], {}, "items are single images with their labels; give batches"),
        ([pictures(), pictures()[:, 1:]], {}, r"images have shapes \(3, 15, 16\), \(3, 16, 16\)"),
        (["cat.jpg"], {}, "a batch is str"),
        (pictures(), {"labels": [0, 1]}, r"labels have shape \(2,\); give one for each of 60 images"),
        (pictures(), {"labels": labels() - 1}, "labels run from -1 to 0"),
        (pictures(), {"labels": labels() * 100 - 1}, "labels run from -1 to 99"),
        (pictures(), {"labels": labels(), "class_names": ["a", "a"]}, "class_names has 'a' twice"),
        (pictures(), {"class_names": ["a", "b"]}, "there are 2 class_names and no labels"),
        ([(pictures()[:50], labels()[:50]), pictures()[50:]], {}, "batch 1 has no labels and others have some"),
        (pictures(), {"labels": labels(), "class_names": ["cat"]}, "labels run from 0 to 1 and there are 1 names"),
        (pictures()[..., 0], {"mean": MEAN}, "mean is .*; give a list of one number for each channel, 1"),
        (FORMS["floats"], {"std": 0.5}, "std is 0.5; give a list of one number for each channel, 3"),
        (pictures(), {"std": [0.2, 0, 0.2]}, r"std is \[0.2, 0, 0.2\]; give numbers above 0"),
        (pictures(), {"mean": torch.tensor([0.5, torch.nan, 0.5])}, "mean is .*; give finite numbers"),
        (pictures(), {"labels": ["cat"] * N, "class_names": ["dog"]}, "class 'cat' of the labels is not among"),
        (pictures(), {"labels": [0.0, 1.0, np.nan] * (N // 3)}, r"image 2 has no label \(nan\); give it one, or leave"),
        (pictures(), {"labels": np.array(["a", None] * (N // 2), dtype=object)}, r"image 1 has no label \(None\)"),
    ],
)
def test_what_is_refused(images, settings, words):
    with pytest.raises(InputError, match=words):
        read_images(images, **settings)
