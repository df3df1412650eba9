"""What an operator's command cannot do. In English, as all commands speak: the person is at a shell."""


class OperationError(RuntimeError):
    """A command was refused or failed; the message says why and what to do. Nothing was changed unless it says so."""
