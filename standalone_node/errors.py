"""The exceptions of the package; a message says what is wrong, where, and what to do."""

from __future__ import annotations


class NodeError(Exception):
    """Base of every error the package raises on purpose."""


class ArgumentError(NodeError, ValueError):
    """An argument of a function, an estimator or the command line cannot be used."""


class DataError(NodeError, ValueError):
    """The data (a file, a table, an array) cannot be used as they stand."""


class ModelFileError(NodeError):
    """A model file is missing, damaged, foreign or of a newer format."""


class StateOverflow(NodeError, ArithmeticError):
    """The state of the direct problem left the range of floating-point numbers."""


class FieldError(NodeError, ValueError):
    """A right-hand side that a user gave returns something wrong, or a wrong derivative."""


class NotEnoughMemory(ArgumentError, MemoryError):
    """What an argument asks for does not fit into the memory that is free."""


class ClusterError(NodeError):
    """A cluster that work was sent to is not there, is lost, or does not answer."""
