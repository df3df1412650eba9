"""Requests of tests that share nothing but the database, as those of a served application.

Their answers are compared with the document of the API.
"""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.world import documented


def keep_requests_apart() -> None:
    """Give each request of a test client a context of its own."""
    Flask.test_client_class = _Apart


class _Apart(FlaskClient):
    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request."""
        # Inside the context of the fixture `app` all requests of a test would share `g`: what is
        # looked up once a request, such as its translations, would be that of the first one.
        with self.application.app_context():
            answer = super().open(*args, **kwargs)
        documented.check(self.application, answer)
        return answer
