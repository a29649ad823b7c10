"""What is told of a result in fixed sections: as text for a terminal, as HTML for a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from textwrap import wrap

#: Characters of a line of the text, as a terminal has them; longer values go on below themselves.
WIDTH = 79
#: But a value has so many characters at least, however long the names are.
NARROWEST = 30
#: The section on derivative and discretisation, which is not a classifier's score of that name.
NUMERICAL_ACCURACY = "Numerical accuracy"

# Written at each element, because notebooks and forges strip or override styles that stand apart;
# no colour is set, so that light and dark pages keep their own.
_TABLE = (
    "border-collapse:collapse;margin:0.5em 0;text-align:left;font-size:inherit;color:inherit;"
    "background:transparent"
)
_CAPTION = "caption-side:top;text-align:left;font-weight:bold;color:inherit;padding:0.2em 0"
_HEAD = (
    "text-align:left;font-weight:bold;background:transparent;padding:0.7em 0 0.2em 0;"
    "border:0;border-bottom:1px solid currentColor"
)
_NAME = (
    "text-align:left;vertical-align:top;font-weight:normal;opacity:0.75;background:transparent;"
    "padding:0.15em 1.5em 0.15em 0;border:0;white-space:nowrap"
)
_VALUE = (
    "text-align:left;vertical-align:top;background:transparent;padding:0.15em 0;border:0;"
    "max-width:48em;white-space:normal;overflow-wrap:anywhere"
)


@dataclass(frozen=True)
class Section:
    """A heading, and under it names with what is said of them.

    Parameters
    ----------
    title : str
    rows : tuple of pairs of str
        (name, value).
    """

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Summary:
    """Sections under one title; prints as text, and shows as HTML in a notebook.

    Parameters
    ----------
    title : str
    sections : tuple of Section

    Examples
    --------
    >>> scores = Section("Scores", (("cost", "0.25"), ("gradient norm", "1e-06")))
    >>> print(Summary("Result", (scores,)))
    Result
    <BLANKLINE>
    Scores
      cost           0.25
      gradient norm  1e-06
    """

    title: str
    sections: tuple[Section, ...]

    def text(self) -> str:
        """The summary in aligned columns, without a newline at the end."""
        names = [len(name) for section in self.sections for name, _ in section.rows]
        lines, indent = [self.title], 2 + max(names, default=0) + 2
        for section in self.sections:
            lines += ["", section.title]
            for name, value in section.rows:
                first, *rest = _lines(value, max(NARROWEST, WIDTH - indent))
                lines.append(f"  {name}".ljust(indent) + first)
                lines += [" " * indent + line for line in rest]
        return "\n".join(line.rstrip() for line in lines)

    def html(self) -> str:
        """The summary as one table, styled by itself, with a heading for every section."""
        parts = [
            f'<table class="standalone-node-summary" style="{_TABLE}">',
            f'<caption style="{_CAPTION}">{escape(self.title)}</caption>',
        ]
        for section in self.sections:
            parts.append(
                f'<tbody><tr style="background:transparent"><th scope="rowgroup" colspan="2" '
                f'style="{_HEAD}">{escape(section.title)}</th></tr>'
            )
            parts += [
                f'<tr style="background:transparent"><th scope="row" style="{_NAME}">'
                f'{escape(name)}</th><td style="{_VALUE}">{escape(value)}</td></tr>'
                for name, value in section.rows
            ]
            parts.append("</tbody>")
        return "\n".join([*parts, "</table>"])

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()


def _lines(value: str, width: int) -> list[str]:
    """The value in lines of that width, its own line breaks kept."""
    return [line for part in value.split("\n") for line in _folded(part, width)]


def _folded(part: str, width: int) -> list[str]:
    """A paragraph in lines; a word with a hyphen stays one."""
    return wrap(part, width, break_on_hyphens=False) or [""]


def digits(value: float) -> str:
    """Three significant digits: for errors and costs, of which more would say nothing.

    Examples
    --------
    >>> digits(0.012345), digits(1.5e-7), digits(0.0)
    ('0.0123', '1.5e-07', '0')
    """
    return f"{value:.3g}"


def counted(number: int, what: str) -> str:
    """A number with commas between thousands, and what there are so many of.

    Examples
    --------
    >>> counted(1, "row"), counted(1500, "step")
    ('1 row', '1,500 steps')
    """
    return f"{number:,} {what}{'s' * (number != 1)}"
