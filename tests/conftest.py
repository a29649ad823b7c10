"""Settings shared by all tests."""

from __future__ import annotations

from hypothesis import settings

# The examples are the same in every run, and a first call may have to compile a kernel.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")
