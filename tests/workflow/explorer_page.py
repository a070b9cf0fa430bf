"""What tests do with the explorer's page in a browser."""

import numpy as np


def shown(value):
    """A number as the page shows it."""
    return str(value) if isinstance(value, int) else np.format_float_positional(float(f"{value:.4g}"), trim="-")


def pick(page, key, value):
    page.locator(f"[data-key={key}]").select_option(value)


def table_of(card):
    return dict(zip(card.locator("th").all_inner_texts(), card.locator("td").all_inner_texts(), strict=True))


def downloaded(page, button):
    # A page behind another one takes seconds to be clicked.
    page.bring_to_front()
    with page.expect_download() as download:
        page.locator(button).click()
    return download.value.path().read_text()
