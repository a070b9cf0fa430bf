"""The explorer: one page in which the results of a run are looked at in a browser, without a network."""
