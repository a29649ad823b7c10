"""Chromium without a display, for the tests of pages.

They are skipped where there is no Chromium, chromedriver or selenium, unless the environment
variable NODE_FIT_BROWSER is "required", as it is in continuous integration.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--hide-scrollbars"),
)


@contextmanager
def open_browser(profile: Path) -> Iterator[Any]:
    """A browser with an empty profile in this folder; without one the test is skipped, or fails."""
    missing = _missing()
    if missing is not None and os.environ.get("NODE_FIT_BROWSER") == "required":
        pytest.fail(f"there is no {missing}, and NODE_FIT_BROWSER=required asks for a browser")
    if missing is not None:
        pytest.skip(f"there is no {missing}")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(_found("chromium", "chromium-browser", "google-chrome"))
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # The path is given, so that selenium looks for no driver elsewhere.
    driver = webdriver.Chrome(options, Service(executable_path=str(_found("chromedriver"))))
    try:
        driver.execute_cdp_cmd("Network.enable", {})
        yield driver
    finally:
        driver.quit()


def _missing() -> str | None:
    """What there is not, of what these tests need."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "selenium"
    if _found("chromium", "chromium-browser", "google-chrome") is None:
        return "Chromium"
    return None if _found("chromedriver") else "chromedriver"


def _found(*names: str) -> str | None:
    return next((path for name in names if (path := shutil.which(name))), None)
