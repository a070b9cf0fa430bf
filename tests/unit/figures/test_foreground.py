"""Fig. 4: the panels show the arrays, and the file is the same for the same arrays."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.figures import foreground, style
from matplotlib.collections import LineCollection, PathCollection, QuadMesh

NAMES = ["cat", "ship", "deer"]


def arrays():
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(3, 8, 8, 3), dtype=np.uint8)
    masks = rng.random((3, 8, 8)) < 0.5
    masks[2] = False
    weights = {4: rng.uniform(1, 5, (3, 4, 4)), 16: rng.uniform(1, 5, (3, 2, 3))}
    weights[16][2] = 0
    chosen = {
        layer: np.stack(np.unravel_index(np.argsort(-w.reshape(3, -1))[:, :5], w.shape[1:]), axis=2)
        for layer, w in weights.items()
    }
    return images, masks, weights, chosen, NAMES


def panels(figure):
    return np.array(figure.axes[:12]).reshape(3, 4)


def test_rows_are_images_and_columns_image_mask_layers():
    grid = panels(foreground.plot(*arrays()))
    titles = ["image", "mask", "layer 4 (4 × 4)", "layer 16 (2 × 3)"]
    assert [axes.get_title() for axes in grid[0]] == titles
    assert [axes.get_ylabel() for axes in grid[:, 0]] == NAMES


def test_images_and_masks():
    images, masks, *rest = arrays()
    grid = panels(foreground.plot(images, masks, *rest))
    for i in range(3):
        shown, masked = (axes.images[0].get_array() for axes in grid[i, :2])
        np.testing.assert_array_equal(shown, images[i])
        np.testing.assert_array_equal(masked[masks[i]], images[i][masks[i]])
        pale = masked[~masks[i]]
        assert (pale >= 191).all()
        assert (pale == pale[:, :1]).all()
    assert [len(axes.texts) for axes in grid[:, 1]] == [0, 0, 1]


def test_weights_and_positions():
    _, _, weights, chosen, _ = given = arrays()
    grid = panels(foreground.plot(*given))
    for column, layer in ((2, 4), (3, 16)):
        for i in range(3):
            axes = grid[i, column]
            (mesh,) = (each for each in axes.collections if isinstance(each, QuadMesh))
            expected = weights[layer][i] / max(weights[layer][i].max(), 1e-300)
            np.testing.assert_allclose(mesh.get_array(), expected, rtol=1e-15)
            assert mesh.get_clim() == (0, 1)
            assert axes.get_ylim() == (weights[layer].shape[1], 0)
            others, first = (each.get_offsets() for each in axes.collections if isinstance(each, PathCollection))
            np.testing.assert_array_equal(first, chosen[layer][i, :1, ::-1] + 0.5)
            np.testing.assert_array_equal(others, chosen[layer][i, :0:-1, ::-1] + 0.5)


def test_outline_separates_foreground_from_background():
    masks = arrays()[1]
    for mask in masks:
        segments = foreground.outline(mask)
        assert len(segments) == (mask[1:] != mask[:-1]).sum() + (mask[:, 1:] != mask[:, :-1]).sum()
        start, end = segments[:, 0], segments[:, 1]
        np.testing.assert_array_equal((end - start).sum(axis=1), 1)
        for (x, y), (to_x, _) in zip(start, end, strict=True):
            assert mask[y, x] != (mask[y - 1, x] if to_x > x else mask[y, x - 1])
    drawn = panels(foreground.plot(*arrays()))[0, 1].collections
    (lines,) = (each for each in drawn if isinstance(each, LineCollection))
    assert len(lines.get_segments()) == len(foreground.outline(masks[0]))


def test_legend_names_what_is_drawn():
    *given, names = arrays()
    legends = [[text.get_text() for text in foreground.plot(*given, names).legends[0].get_texts()]]
    given[3] = {layer: positions[:, :1] for layer, positions in given[3].items()}
    legends.append([text.get_text() for text in foreground.plot(*given, names).legends[0].get_texts()])
    assert legends == [["outline of the foreground", "top-1", "the others of top-5"], legends[0][:2]]


def test_rows_prefer_images_with_foreground():
    labels, masks = np.array([0, 0, 1, 1, 2, 2, 3, 3, 0]), np.zeros((9, 3, 4), bool)
    for image, n_pixels in {1: 1, 2: 12, 3: 11, 5: 4, 8: 3}.items():
        masks[image].flat[:n_pixels] = True
    every = np.arange(9)
    # Classes 0 to 2 have images with foreground, the best of each that which is nearest to a third.
    assert foreground.choose_images(masks, labels, every, 3) == [8, 3, 5]
    assert foreground.choose_images(masks, labels, every, 2) == [8, 3]
    # The fourth row is a second one of a class, before any without foreground.
    assert foreground.choose_images(masks, labels, every, 4) == [8, 1, 3, 5]
    assert foreground.choose_images(masks, labels, every, 6) == [8, 1, 3, 2, 5, 6]
    assert foreground.choose_images(masks, labels, [0, 2, 7], 4) == [0, 2, 7]
    # Images without foreground are of different classes too.
    assert foreground.choose_images(np.zeros((9, 3, 4), bool), labels, every, 4) == [0, 2, 4, 6]


def test_note_is_below_everything_else():
    figure = foreground.plot(*arrays(), note="5 of 9 images (56%) have no foreground")
    [text] = figure.texts
    figure.canvas.draw()
    note, legend = text.get_window_extent(), figure.legends[0].get_window_extent()
    assert 0 < note.y0 < note.y1 < legend.y0
    assert legend.y1 < min(axes.get_window_extent().y0 for axes in figure.axes)
    assert not foreground.plot(*arrays()).texts


def test_grey_images_and_same_bytes():
    images, *rest = arrays()
    first, second = (style.figure_bytes(foreground.plot(images[..., :1], *rest), "svg") for _ in range(2))
    assert first == second


def test_nothing_overlaps_or_leaves_the_page():
    figure = foreground.plot(*arrays())
    boxes = [axes.get_position() for axes in figure.axes]
    assert figure.get_figwidth() <= 7.2
    for index, box in enumerate(boxes):
        assert box.x0 > 0 and box.y0 > 0 and box.x1 < 1 and box.y1 < 1  # noqa: PT018
        assert not any(box.overlaps(other) for other in boxes[:index])


@pytest.mark.parametrize(
    ("index", "value", "message"),
    [
        (4, [], "empty"),
        (2, {}, "empty"),
        (1, np.zeros((2, 8, 8), bool), "3 images, but 2 masks"),
        (3, {4: np.zeros((3, 1, 2), int)}, "0 positions of layer 16"),
    ],
)
def test_bad_input(index, value, message):
    given = list(arrays())
    given[index] = value
    with pytest.raises(InputError, match=message):
        foreground.plot(*given)


def test_outputs_of_modules_have_names():
    grid = panels(foreground.plot(*arrays(), layer_names={16: "layer4.1"}))
    assert [axes.get_title() for axes in grid[0, 2:]] == ["layer 4 (4 × 4)", "layer4.1\n(2 × 3)"]
