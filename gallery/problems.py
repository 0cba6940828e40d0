"""Why a request of the API is refused, told by whoever knows; styleart_site.api.problems makes the answer of it."""

from rest_framework.exceptions import APIException, ValidationError


class Problem(APIException):
    """An answer that is no success. `code` is one of styleart_site.api.problems.CODES, which knows the status.

    `errors` names fields with their own codes and sentences.
    """

    def __init__(
        self, code: str, detail: str = "", *, errors: list[dict] | None = None, **headers: str
    ) -> None:
        super().__init__(detail, code)
        self.code, self.errors, self.headers = code, errors or [], headers


class InvalidParameters(ValidationError):  # noqa: N818 - reads as what happened
    """Something in the address after the question mark is unknown or out of its range."""

    default_code = "invalid_parameter"
