"""The error for wrong input, whose message is for the person who wrote the config or supplied the data."""


class InputError(ValueError):
    """
    Bad input: what is wrong, where (config key or file), and what to do about it, in one message.

    Jobs print it without a traceback; every other exception is a bug and keeps its traceback.
    """
