"""Order of the tests: files run side by side, and those that take longest come first."""

# The first makes the finished run that others look at; the second and third need no such run.
FIRST = tuple(f"tests/workflow/test_{name}.py" for name in ("whole_run", "your_network", "seeds_per_job", "reruns"))


def pytest_collection_modifyitems(items):
    def place(item):
        file = item.path.as_posix()
        return next((i for i, name in enumerate(FIRST) if file.endswith(name)), len(FIRST))

    items.sort(key=place)
