"""Stand-in for tqdm where it is not installed: the steps, and no bar."""


class tqdm:
    """What jobs use of tqdm's bar."""

    def __init__(self, iterable=(), total=None, **_):
        self.iterable, self.n, self.total = iterable, 0, total

    def __iter__(self):
        return iter(self.iterable)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def update(self, n=1):
        """Count steps."""
        self.n += n

    @staticmethod
    def write(text, file=None):
        """Print a line."""
        print(text, file=file)
