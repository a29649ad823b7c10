"""A constructor for estimators, made from the table of their defaults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from inspect import Parameter, Signature
from typing import Any, TypeVar

from standalone_node.learn.defaults import Defaults

Class = TypeVar("Class", bound=type)


def constructed_with(defaults: Defaults) -> Callable[[Class], Class]:
    """Give a class a constructor that keeps keyword arguments, and takes these defaults.

    scikit-learn asks that every argument is named in the signature of `__init__`, is kept under
    its own name, and is not looked at before `fit`. Several estimators with many arguments in
    common would write all that down several times.

    Examples
    --------
    >>> from standalone_node.learn.defaults import REGRESSOR
    >>> @constructed_with(REGRESSOR)
    ... class Example: ...
    >>> Example(steps=7).steps, Example().steps == REGRESSOR.steps
    (7, True)
    """
    itself = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)
    arguments = [
        Parameter(
            field.name,
            Parameter.KEYWORD_ONLY,
            default=getattr(defaults, field.name),
            annotation=field.type,
        )
        for field in fields(defaults)
    ]
    signature = Signature([itself, *arguments])

    def constructor(self: Any, *positional: Any, **given: Any) -> None:
        bound = signature.bind(self, *positional, **given)
        bound.apply_defaults()
        for argument in arguments:
            setattr(self, argument.name, bound.arguments[argument.name])

    def decorated(cls: Class) -> Class:
        constructor.__name__ = "__init__"
        constructor.__qualname__ = f"{cls.__qualname__}.__init__"
        constructor.__signature__ = signature  # type: ignore[attr-defined]
        cls.__init__ = constructor  # type: ignore[misc]
        return cls

    return decorated
