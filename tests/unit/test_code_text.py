"""Every version of Python writes the same text of code, which is that of Python 3.11."""

import ast
import sys
from pathlib import Path

import pytest
from actopo.code_text import code_text
from actopo.digests import SCRIPTS

FILES = sorted(SCRIPTS.rglob("*.py"))

# Code, and how Python 3.11 writes it.
TEXTS = {
    "print(f'{a}')": "print(f'{a}')",
    "f'{a[\"key\"]}'": "f\"{a['key']}\"",
    "f\"{', '.join(a)}: it's\"": "f\"{', '.join(a)}: it's\"",
    "f'{a!r:>{width}.{digits}f} of {b:%}'": "f'{a!r:>{width}.{digits}f} of {b:%}'",
    "f'{a}\\n{{b}}\\t\\\\'": "f'{a}\\n{{b}}\\t\\\\'",
    "f'{a if b else c}, {(lambda: d)()}, { {1: 2}[1]}'": "f'{(a if b else c)}, {(lambda: d)()}, { {1: 2}[1]}'",
    "f'''{a['b']} says \"{c}\"'''": "f'''{a['b']} says \"{c}\"'''",
    "x = f'{f\"{a}{b}\"}{c}'": "x = f\"{f'{a}{b}'}{c}\"",
    "g(f'{a}' 'and' f'{b[\"c\"]}', *d)": "g(f\"{a}and{b['c']}\", *d)",
    "f''": "f''",
    "f'ρ – {a}'": "f'ρ – {a}'",
    "'no {f}-string', \"it's\"": "('no {f}-string', \"it's\")",
}


@pytest.mark.parametrize("code", TEXTS)
def test_f_strings_are_written_as_python_3_11_writes_them(code):
    if sys.version_info[:2] == (3, 11):
        assert ast.unparse(ast.parse(code)) == TEXTS[code], "the expected text is not that of Python 3.11"
    assert code_text(ast.parse(code)) == TEXTS[code]


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="other versions of Python write f-strings otherwise")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SCRIPTS).as_posix())
def test_the_text_of_every_file_is_that_of_python_3_11(path: Path):
    source = path.read_text(encoding="utf-8")
    assert code_text(ast.parse(source)) == ast.unparse(ast.parse(source))


def test_quotes_of_each_kind_still_make_a_text_of_their_own():
    texts = [f'f"""{{a[\'b\']}}{{c}} \'\' \' {more} "" \'\'\' \\"\\"\\" """' for more in ("x", "y")]
    assert len({code_text(ast.parse(text)) for text in texts}) == 2
