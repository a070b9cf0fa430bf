import json
import re

from actopo.explorer.page import as_text, build_page, fit

from unit.explorer.examples import page

HOSTILE = "</script><script>alert(1)</script>&\u2028"


def test_text_of_a_document_ends_no_element_and_is_read_as_it_was():
    text = as_text({"name": HOSTILE})
    assert not set(text) & set("<>&\u2028")
    assert json.loads(text) == {"name": HOSTILE}


def test_a_page_asks_for_nothing_from_elsewhere():
    text = re.sub(r"data:image/jpeg;base64,[\w+/=]*", "", page())
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?(?!data:)\w""", text.split("<script>")[0])
    assert "default-src 'none'" in text


def test_hostile_names_stay_in_the_data():
    text = page(names=(HOSTILE, "dog"), run=HOSTILE)
    assert "alert(1)</script>" not in text
    assert text.count("<script") == page().count("<script")


def test_places_in_the_data_are_no_places_of_the_page():
    text = build_page("%STYLE%", {"main": {"name": "%SCRIPTS%"}}, [], [])
    assert "<title>%STYLE%</title>" in text
    assert '{"name":"%SCRIPTS%"}' in text


def test_a_class_without_images_leaves_the_sheets_of_others_in_their_places():
    text = build_page("run", {}, [], ["", "data:one", "", "data:three"])
    sheets = re.findall(r'id="(sheet-\d+)">("[^"]*")', text)
    assert sheets == [("sheet-1", '"data:one"'), ("sheet-3", '"data:three"')]


def test_what_is_left_out_is_the_end_of_the_graphs():
    """Whatever their sizes: the page knows the others by their places."""
    large, small = ({"members": "x" * n, "name": "x" * m} for n, m in ((500, 200), (2, 2)))
    bare = len(as_text({**large, "members": None}))
    texts, n_whole, n_all = fit([small, large, small], len(as_text(small)) + bare - 1)
    assert (texts, n_whole, n_all) == ([as_text(small)], 1, 3)
    # Without the members of one there are none of those after it.
    texts, n_whole, n_all = fit([small, large, small], bare + 2 * len(as_text(small)))
    assert [json.loads(text)["members"] is None for text in texts] == [False, True, True]
    assert (n_whole, n_all) == (1, 3)
    assert fit([small], len(as_text(small))) == ([as_text(small)], 1, 1)


def test_members_are_left_out_before_graphs():
    documents = [{"members": "x" * 100, "name": name} for name in "abcd"]
    whole, bare = len(as_text(documents[0])), len(as_text({**documents[0], "members": None}))
    texts, n_whole, n_all = fit(documents, 2 * whole + bare)
    assert [json.loads(text)["name"] for text in texts] == ["a", "b", "c"]
    assert [json.loads(text)["members"] is None for text in texts] == [False, False, True]
    assert (n_whole, n_all) == (2, 4)
