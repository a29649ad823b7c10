"""Plain values as TOML, which Python reads and does not write."""

from __future__ import annotations

import json

Value = str | bool | int | float | tuple[str | int | float, ...]


def toml_value(value: Value) -> str:
    r"""A value as it stands behind the equals sign.

    Raises
    ------
    ValueError
        If a text holds what no Unicode text can, such as bytes of a file name in another encoding.

    Examples
    --------
    >>> print(toml_value('a "name"'), toml_value((1, 2.5)), toml_value(True))
    "a \"name\"" [1, 2.5] true
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        value.encode()  # raises UnicodeEncodeError, a ValueError
        # The escapes of JSON are those of TOML, which asks for one more.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    return repr(value)
