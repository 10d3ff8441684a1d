"""Why a photo was not fetched."""


class FetchError(ValueError):
    """Told to the caller: names neither what an address resolves to nor where it leads.

    Attributes:
        status: 422, or 504 where the host was too slow, so that trying again may help.
    """

    def __init__(self, message: str, *, status: int = 422) -> None:
        super().__init__(message)
        self.status = status
