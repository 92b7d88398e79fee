"""How an action says no."""


class Refusal(Exception):
    """
    What was asked is not done, and nothing was changed.

    `status` is the contract's code (section 0.3), `message` its sentence, `errors` one sentence a wrong field.
    """

    def __init__(self, status: int, message: str, errors: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
