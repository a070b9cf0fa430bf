"""Digits, splits, subsets and normalisation, and a readable message for every impossible setting."""

import numpy as np
import pytest
from actopo.images.datasets import load_images, measured_normalisation
from sklearn.datasets import load_digits

from unit.images.examples import assert_same, error_of, load, make_tree, make_zip, picture, save


def test_digits_are_scikit_learns():
    data = load_images("digits", size=8, channels=1)
    got = np.concatenate([data.train.images, data.test.images])[..., 0]
    expected = np.rint(load_digits().images * 255 / 16).astype(np.uint8)
    assert sorted(map(bytes, got)) == sorted(map(bytes, expected))
    labels = np.concatenate([data.train.labels, data.test.labels])
    np.testing.assert_array_equal(np.bincount(labels), np.bincount(load_digits().target))
    by_image = dict(zip(map(bytes, expected), load_digits().target, strict=True))
    assert all(by_image[bytes(image)] == label for image, label in zip(got, labels, strict=True))
    assert data.class_names == tuple("0123456789")


def test_digits_repeat_and_have_equal_channels():
    a, b, other = (load_images("digits", seed=seed) for seed in (3, 3, 4))
    assert_same(a, b)
    assert a.provenance["sha256"] != other.provenance["sha256"]
    assert a.train.images.shape[1:] == (32, 32, 3)
    assert a.train.images.dtype == np.uint8
    assert a.train.labels.dtype == np.int64
    assert a.train.images.flags.c_contiguous
    assert (a.train.images == a.train.images[..., :1]).all()
    # Bicubic enlargement keeps the mean up to the clipped overshoot.
    small = load_images("digits", size=8, seed=3)
    np.testing.assert_allclose(a.mean, small.mean, atol=0.02)


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.99])
def test_split_is_stratified(share):
    data = load_images("digits", size=8, channels=1, test_share=share)
    total = np.bincount(load_digits().target)
    n_test = np.bincount(data.test.labels, minlength=10)
    np.testing.assert_array_equal(n_test + np.bincount(data.train.labels, minlength=10), total)
    assert (np.abs(n_test - share * total) <= np.maximum(0.5, 1 - share * total) + 1e-9).all()
    assert (n_test >= 1).all()
    assert (n_test < total).all()


def test_split_of_a_folder_is_a_partition(tmp_path):
    pictures = make_tree(tmp_path)
    save(tmp_path / "bee/only.png", picture(99))
    data = load(tmp_path, test_share=0.4)
    assert set(data.train.files) | set(data.test.files) == {*pictures, "bee/only.png"}
    assert not set(data.train.files) & set(data.test.files)
    np.testing.assert_array_equal(np.bincount(data.test.labels, minlength=3), [2, 0, 2])
    np.testing.assert_array_equal(data.test.images, [pictures[file] for file in data.test.files])
    assert [data.class_names[label] for label in data.test.labels] == [f[:3] for f in data.test.files]
    assert_same(load(make_zip(tmp_path / "z.zip", tmp_path), test_share=0.4), data)


def test_classes_keep_their_images_and_get_new_labels(tmp_path):
    pictures = make_tree(tmp_path, classes=("ant", "bee", "cat", "dog"))
    data = load(tmp_path, classes=["dog", "bee"], test_share=0)
    assert data.class_names == ("bee", "dog")
    assert data.train.files == tuple(f"{name}/{i}.png" for name in ("bee", "dog") for i in range(5))
    np.testing.assert_array_equal(data.train.labels, [0] * 5 + [1] * 5)
    np.testing.assert_array_equal(data.train.images, [pictures[file] for file in data.train.files])
    assert data.train.labels.dtype == np.int64
    digits = load_images("digits", size=8, channels=1, classes=["7", "2"], test_share=0)
    target = load_digits().target
    assert digits.class_names == ("2", "7")
    np.testing.assert_array_equal(digits.train.labels, (target[np.isin(target, [2, 7])] == 7).astype(int))


def test_all_classes_are_as_none():
    assert_same(load_images("digits", classes=list("9876543210"), images_per_class=1000), load_images("digits"))


@pytest.mark.parametrize("parts", [("",), ("train", "test")])
def test_images_per_class(tmp_path, caplog, parts):
    pictures = make_tree(tmp_path, parts=parts, classes=("ant", "cat"), n=30)
    save(tmp_path / parts[0] / "bee/0.png", picture(98))
    save(tmp_path / parts[-1] / "bee/1.png", picture(99))
    drawn = {}
    for seed in (0, 1):
        for n in (4, 10):
            caplog.clear()
            data = load(tmp_path, images_per_class=n, test_share=0, seed=seed)
            assert ("bee (1 in train), bee (1 in test)" if len(parts) > 1 else "bee (2)") in caplog.text
            assert "ant" not in caplog.text
            for part in (data.train, data.test)[: len(parts)]:
                counts = np.bincount(part.labels)
                np.testing.assert_array_equal(counts[[0, 2]], n)
                assert counts[1] == 2 // len(parts)
                assert list(part.files) == sorted(part.files)
                kept = [i for i, file in enumerate(part.files) if "bee" not in file]
                np.testing.assert_array_equal(part.images[kept], [pictures[part.files[i]] for i in kept])
            drawn[seed, n] = set(data.train.files) | set(data.test.files)
        assert drawn[seed, 4] < drawn[seed, 10]
    assert drawn[0, 10] != drawn[1, 10]


def test_draws_of_one_seed_do_not_depend_on_each_other(tmp_path):
    """Those of the two parts, which have as many images here, and that of a split."""
    make_tree(tmp_path / "parts", parts=("train", "test"), n=12)
    data = load(tmp_path / "parts", images_per_class=6)
    train, test = ([file.partition("/")[2] for file in part.files] for part in (data.train, data.test))
    assert len(train) == len(test)
    assert train != test
    make_tree(tmp_path / "plain", n=12)
    drawn, split = load(tmp_path / "plain", images_per_class=6, test_share=0), load(tmp_path / "plain", test_share=0.5)
    assert len(drawn.train.files) == len(split.test.files)
    assert drawn.train.files != split.test.files


def test_subset_of_arrays_is_split_after_the_draw():
    data = load_images("digits", size=8, channels=1, classes=["1", "4"], images_per_class=50, test_share=0.2)
    np.testing.assert_array_equal(np.bincount(data.train.labels), [40, 40])
    np.testing.assert_array_equal(np.bincount(data.test.labels), [10, 10])
    whole = np.rint(load_digits().images * 255 / 16).astype(np.uint8)
    by_image = dict(zip(map(bytes, whole), load_digits().target, strict=True))
    for part in (data.train, data.test):
        names = [int(data.class_names[label]) for label in part.labels]
        assert [by_image[bytes(image)] for image in part.images] == names
    assert not set(map(bytes, data.train.images)) & set(map(bytes, data.test.images))


def test_a_size_to_scale_to_may_be_the_size():
    assert_same(load_images("digits", size=12, resize=12), load_images("digits", size=12))


def test_unknown_class_of_a_folder(tmp_path):
    make_tree(tmp_path, classes=("tabby cat", "terrier"))
    assert "named tabbycat; did you mean tabby cat?" in error_of(load, tmp_path, classes=["tabbycat", "terrier"])


def test_no_test_part(tmp_path):
    make_tree(tmp_path)
    data = load(tmp_path, test_share=0)
    assert len(data.train.labels) == 10
    assert data.test.images.shape == (0, 12, 12, 3)
    assert data.test.labels.shape == (0,)
    assert data.test.files == ()
    # Without a test part one image a class will do.
    assert len(load(tmp_path, test_share=0, images_per_class=1).train.labels) == 2
    assert len(load_images("digits", test_share=0).train.labels) == 1797


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"dataset": "cifar-1O"},
            ["data.dataset", "cifar10", "fashion_mnist", "image_folder", "digits", "Did you mean"],
        ),
        ({"dataset": "Fashion-MNIST"}, ["Did you mean 'fashion_mnist'"]),
        ({"dataset": "image_folder"}, ["data.root is not set"]),
        ({"dataset": "cifar10"}, ["data.root is not set"]),
        ({"size": 0}, ["data.size is 0"]),
        ({"size": 32.0}, ["data.size is 32.0"]),
        ({"size": True}, ["data.size is True"]),
        ({"channels": 2}, ["data.channels is 2"]),
        ({"test_share": -0.1}, ["data.test_share is -0.1"]),
        ({"test_share": 1.0}, ["data.test_share is 1.0"]),
        ({"test_share": float("nan")}, ["data.test_share is nan"]),
        ({"resize": 31}, ["data.resize is 31", "data.size 32"]),
        ({"resize": True}, ["data.resize is True", "null", "false"]),
        ({"resize": False}, ["8 x 8 pixels", "lower data.size", "data.resize to null"]),
        ({"classes": ["3"]}, ["data.classes is ['3']", "two or more"]),
        ({"classes": ["3", "3"]}, ["data.classes", "different"]),
        ({"classes": "34"}, ["data.classes is '34'"]),
        ({"classes": ["3", "11"]}, ["no class is named 11;", "did you mean 1?"]),
        ({"classes": ["3", "cat"]}, ["no class is named cat;", "there are 0, 1, 2"]),
        ({"images_per_class": 0}, ["data.images_per_class is 0"]),
        ({"images_per_class": 1}, ["the test part has no image"]),
        (
            {"normalisation": "imagnet"},
            ["data.normalisation is 'imagnet'", "measured, imagenet, cifar10", "mean and std"],
        ),
        ({"normalisation": "imagenet", "channels": 1}, ["data.normalisation imagenet", "data.channels is 1"]),
        ({"normalisation": {"mean": [0.5]}}, ["data.normalisation", "lists mean and std"]),
        ({"normalisation": {"mean": [0.5], "std": [0.2]}}, ["data.channels 3 each list takes 3"]),
        ({"normalisation": {"mean": [0.5], "std": [0.0]}, "channels": 1}, ["those of std are more than 0"]),
        ({"normalisation": {"mean": [float("nan")], "std": [1]}, "channels": 1}, ["finite"]),
    ],
)
def test_impossible_settings(options, words):
    message = error_of(load_images, **{"dataset": "digits", **options})
    assert all(word in message for word in words)


@pytest.mark.parametrize("shape", [(1, 2, 1, 1), (7, 5, 4, 3), (1100, 3, 3, 2)])
def test_normalisation_is_numpys(shape):
    images = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    mean, std = measured_normalisation(images)
    scaled = images / 255
    np.testing.assert_allclose(mean, scaled.mean(axis=(0, 1, 2)), rtol=1e-13)
    np.testing.assert_allclose(std, scaled.std(axis=(0, 1, 2)), rtol=1e-13)
    assert mean.dtype == std.dtype == np.float64


def test_normalisation_is_exact_where_floats_cancel():
    images = np.full((400, 50, 50, 1), 255, np.uint8)
    images[0, 0, 0, 0] = 254
    _, std = measured_normalisation(images)
    n = images.size
    np.testing.assert_allclose(std, np.sqrt((n - 1) / n**2) / 255, rtol=1e-15)


def test_constant_channel_and_no_images():
    images = np.random.default_rng(1).integers(0, 256, (4, 3, 3, 3), dtype=np.uint8)
    images[..., 1] = 7
    assert "Channel 1 of the training images is 7" in error_of(measured_normalisation, images)
    assert "no training images" in error_of(measured_normalisation, images[:0])


@pytest.mark.parametrize(
    ("given", "mean", "std"),
    [
        ("imagenet", [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ("cifar10", [0.4914, 0.4822, 0.4465], [0.2023, 0.1994, 0.2010]),
        ({"mean": [0, 0.5, 1], "std": [1, 2, 0.1]}, [0, 0.5, 1], [1, 2, 0.1]),
    ],
)
def test_given_normalisation(tmp_path, given, mean, std):
    # Red alone: measured, the two other channels would be constant.
    for name in ("ant", "cat"):
        for i in range(3):
            save(tmp_path / name / f"{i}.png", picture(i) * np.array([1, 0, 0], np.uint8))
    assert "Channel 1" in error_of(load, tmp_path)
    data = load(tmp_path, normalisation=given)
    np.testing.assert_array_equal(data.mean, mean)
    np.testing.assert_array_equal(data.std, std)
    assert data.mean.dtype == data.std.dtype == np.float64
    assert data.provenance["normalisation"] == given
    assert load_images("digits").provenance["normalisation"] == "measured"
