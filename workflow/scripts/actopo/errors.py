"""The error for wrong input, whose message is for the person who wrote the config or supplied the data."""

import re

# Characters of a value that a message shows.
LONGEST = 60
WORDS = {"None": "null", "True": "true", "False": "false", "nan": ".nan", "inf": ".inf", "-inf": "-.inf"}
# Control characters but the tab; halves of characters, which are in no UTF-8; and the two that XML excludes.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class InputError(ValueError):
    """
    Bad input: what is wrong, where (config key or file), and what to do about it, in one message.

    Jobs print it without a traceback; every other exception is a bug and keeps its traceback.
    """


def shown(value, longest=LONGEST):
    """
    A value for a message: in YAML's words, on one line, and cut where it is long.

    Parameters
    ----------
    value : object
        Value of a configuration. Texts are in quotes, with control characters escaped.
    longest : int, default 60
        Largest number of characters; what is cut ends in ``...`` beyond them.

    Returns
    -------
    str
    """
    text = ""
    # Piece by piece, so that neither a deep nor an endless value is written whole.
    for piece in _pieces(value):
        text += piece
        if len(text) > longest:
            return f"{text[:longest]} ..."
    return text


def _pieces(value):
    if isinstance(value, dict | list | tuple):
        is_mapping = isinstance(value, dict)
        yield "{" if is_mapping else "["
        for i, item in enumerate(value):
            yield ", " if i else ""
            if is_mapping:
                yield f"{item if isinstance(item, str) and not UNPRINTABLE.search(item) else shown(item)}: "
            yield from _pieces(value[item] if is_mapping else item)
        yield "}" if is_mapping else "]"
    elif isinstance(value, int) and value.bit_length() > 4000:
        # Python refuses to write whole numbers of more than 4300 digits.
        yield "a number of more than 1000 digits"
    elif isinstance(value, str):
        yield repr(value)
    elif isinstance(value, bytes | set):
        yield "binary data" if isinstance(value, bytes) else "a set"
    else:
        yield WORDS.get(str(value), str(value))
