"""
Text of Python code that every version of Python writes alike, for digests.

`ast.unparse` does so but for f-strings: from Python 3.12 on the quotes around them may also stand within, and it writes
them that way. Here they are written as Python 3.11 writes them.
"""

import ast

QUOTES = ("'", '"', '"""', "'''")


def code_text(tree):
    """
    Text of a syntax tree, as `ast.unparse` of Python 3.11 writes it.

    Parameters
    ----------
    tree : ast.AST
        Its f-strings are replaced.

    Returns
    -------
    str
        Python code, unless an f-string has each kind of quotes in its expressions.
    """
    return ast.unparse(_FStrings().visit(tree))


class _FStrings(ast.NodeTransformer):
    """Puts a name in the place of each f-string: names are written as they are."""

    def visit_JoinedStr(self, node):
        return ast.Name(_f_string(self.generic_visit(node).values), ast.Load())

    def visit_FormattedValue(self, node):
        node.value = self.visit(node.value)
        if node.format_spec:
            # It is an f-string without quotes, whose parts alone are visited.
            self.generic_visit(node.format_spec)
        return node


def _f_string(parts):
    """An f-string in the first quotes that occur in none of its parts, and of which no part ends in one."""
    quotes, text = QUOTES, ""
    for part in parts:
        own = _constant(part.value) if isinstance(part, ast.Constant) else _expression(part)
        fit = [quote for quote in quotes if quote not in own and (len(quote) == 3 or "\n" not in own)]
        quotes = sorted(fit or QUOTES[-1:], key=lambda quote: quote[0] == own[-1:])
        text += own
    return f"f{quotes[0]}{text}{quotes[0]}"


def _constant(value):
    """Text between expressions, with what cannot be printed escaped."""
    doubled = value.replace("{", "{{").replace("}", "}}")
    return "".join(c if c.isprintable() and c != "\\" else c.encode("unicode_escape").decode() for c in doubled)


def _expression(part):
    """An expression of an f-string with its braces, conversion and format."""
    text = ast.unparse(ast.JoinedStr([part])).removeprefix("f")
    quote = next(quote for quote in sorted(QUOTES, key=len, reverse=True) if text.startswith(quote))
    return text.removeprefix(quote).removesuffix(quote)
