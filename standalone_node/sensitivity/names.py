"""The questions by name, for `--only` and `--help`: without an import of what answers them."""

from __future__ import annotations

#: The table: a question and how it is asked, in the order of a report.
ABOUT = {
    "accuracy": "How often is it right?",
    "jacobian": "Which inputs matter, and which way?",
    "global": "What moves the output over the range of the data?",
    "depth": "Where on the way does it react?",
    "noise": "What do errors of the inputs do?",
    "posterior": "How well are its parameters known?",
    "attack": "How small a change leads to a wrong answer?",
    "certificate": "Up to which change is it certain?",
}
