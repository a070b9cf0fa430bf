import pytest
from actopo.errors import InputError
from actopo.figures.choices import choose_class


def test_the_class_is_the_named_one_the_papers_or_the_first():
    assert choose_class("dog", ["cat", "deer", "dog"]) == "dog"
    assert choose_class(None, ["cat", "deer", "dog"]) == "deer"
    assert choose_class(None, ["cat", "dog"]) == "cat"
    with pytest.raises(InputError, match="no class 'deer'; choose one of cat, dog"):
        choose_class("deer", ["cat", "dog"])
