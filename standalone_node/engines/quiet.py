"""What Dask logs, kept to itself where somebody says it in a sentence."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def quiet_dask() -> Iterator[None]:
    """What Dask logs of lost workers and closed connections is kept to itself meanwhile.

    What comes of them is said in a sentence.
    """
    with suppress(ImportError):
        import distributed  # noqa: F401 - gives some of its loggers levels of their own
    loggers = [
        logging.getLogger(name)
        for name in ("distributed", *list(logging.root.manager.loggerDict))
        if f"{name}.".startswith("distributed.")
    ]
    before = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in before:
            logger.setLevel(level)
