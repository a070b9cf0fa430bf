import numpy as np
from actopo.explorer.documents import image_document, main_document


def test_what_is_left_out_is_counted():
    told = {
        "model": "a",
        "seed": 0,
        "sampling": "random",
        "draw": 0,
        "sigma": 0,
        "layer": 1,
        "layer_name": "1",
        "tap": "bn",
        "epoch": 2,
        "eps": 0.5,
        "is_chosen": True,
    }
    sheets = {"images": [[3], [1, 2]]}
    main = main_document(["a", "b"], [{**told, "points": [0]}] * 5, ["l2", "other"], [(1, "1")], sheets, {}, 4, 3, 7)
    assert main["graphs"] == [told] * 4
    assert main["lenses"] == ["l2", "other"]
    assert main["left_out"] == {"graphs": 1, "members": 1}
    assert main["thumbnails"]["left_out"] == 4
    assert len(main["colours"]) == 2
    assert main["purity_class"] == "a"
    again = main_document(["a", "deer", "b"], [], ["l2"], [], {"images": []}, {}, 0, 0, 0)
    assert again["purity_class"] == "deer"


def test_images_may_be_no_files():
    labels = np.array([1, 0])
    assert image_document(labels, [float("nan")] * 2) == {"labels": [1, 0], "files": None}
    assert image_document(labels, ["a.png", float("nan")]) == {"labels": [1, 0], "files": ["a.png", None]}
