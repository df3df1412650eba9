"""What a view needs from the application around it."""

from typing import Final

from flask import Flask, current_app

from zone.config import Settings

KEY: Final = "zone_settings"


def settings_of(app: Flask) -> Settings:
    """The settings that the application was made with."""
    settings: Settings = app.extensions[KEY]
    return settings


def current_settings() -> Settings:
    """The settings of the application that serves this request."""
    return settings_of(current_app)
