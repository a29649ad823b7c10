"""What was found about a user's field: one check a row, and what is wrong in a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from standalone_node.errors import FieldError


@dataclass(frozen=True)
class Finding:
    """One check: what was looked at, its relative error, the bound, and what is wrong if it is.

    Attributes
    ----------
    check : str
        As "vjp: the part of 'gamma'".
    error, bound : float
    sentence : str
        What is wrong, for the case that it is.
    """

    check: str
    error: float
    bound: float
    sentence: str

    @property
    def ok(self) -> bool:
        """Whether the error is below the bound; an error that is NaN is not."""
        return self.error <= self.bound


@dataclass(frozen=True)
class FieldReport:
    """What `check_field` found: prints as a table, is true if nothing is wrong.

    Attributes
    ----------
    findings : tuple of Finding
    """

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether all checks passed."""
        return all(finding.ok for finding in self.findings)

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """The checks that failed."""
        return tuple(finding for finding in self.findings if not finding.ok)

    def __bool__(self) -> bool:
        return self.ok

    def raise_if_wrong(self) -> None:
        """FieldError with a sentence for each check that failed."""
        if not self.ok:
            raise FieldError("; ".join(finding.sentence for finding in self.wrong))

    def __str__(self) -> str:
        wide = max(len(finding.check) for finding in self.findings)
        rows = [
            f"{f.check:<{wide}}  {f.error:8.1e}  {'ok' if f.ok else 'WRONG'}" for f in self.findings
        ]
        return "\n".join([*rows, *(finding.sentence for finding in self.wrong)])
