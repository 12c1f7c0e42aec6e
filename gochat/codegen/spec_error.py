"""The generator's one error: a spec that cannot be generated from."""


class SpecError(Exception):
    """The specs say something that cannot be followed; the text names the place and what is expected."""
