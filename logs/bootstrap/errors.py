"""How a run ends when it does not succeed."""


class BootstrapError(Exception):
    """Ends the run; the text is the reason, for a person, in one line."""

    code = 1


class InputError(BootstrapError):
    """Arguments, environment or payloads are wrong; nothing was changed."""

    code = 2
