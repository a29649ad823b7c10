"""`node-fit verify`: the numerics of this installation against what they promise."""

from __future__ import annotations

from typing import Any

import click

from standalone_node.cli.failures import FAILED
from standalone_node.cli.kinds import Listed
from standalone_node.cli.messages import Messages, error
from standalone_node.cli.options import common_options, print_json


@click.command("verify")
@click.option(
    "--scheme",
    "schemes",
    multiple=True,
    type=Listed("model.tableaux", "TABLEAUX"),
    help="Only this scheme; repeatable.  [default: all]",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@common_options
def command(schemes: tuple[str, ...], quiet: bool, as_json: bool) -> int:
    """Check for each Runge–Kutta scheme that derivatives are exact and orders as promised.

    The dot test compares the sensitivity problem with the adjoint problem, the Taylor test the
    derivative with the cost; the orders of convergence are observed of the states, the adjoint
    states, the sensitivities and the derivatives. The exit code is 1 if one of them is off.

    \b
    Examples:
      node-fit verify
      node-fit verify --scheme rk4 --json
    """
    from standalone_node.report.terminal import show
    from standalone_node.report.verification import verification_facts, verification_table

    with Messages().catching():
        checks = _checks(tuple(dict.fromkeys(schemes)) or None, quiet)
    facts = verification_facts(checks)
    if as_json:
        print_json(facts)
    else:
        show(verification_table(checks))
    off = [check for check in checks if not check.ok]
    if off:
        names = ", ".join(f"{check.check} of {check.scheme}" for check in off[:4])
        more = f" and {len(off) - 4} more" if len(off) > 4 else ""
        error(f"{len(off)} of {len(checks)} checks are off: {names}{more}; report this.")
    return FAILED if off else 0


def _checks(schemes: tuple[str, ...] | None, quiet: bool) -> list[Any]:
    from standalone_node.problem.selfcheck import verify
    from standalone_node.report.terminal import terminal

    console = terminal(stderr=True)
    found = []
    if quiet or not console.is_terminal:
        return list(verify(schemes))
    with console.status("Compiling ...") as status:
        for check in verify(schemes):
            found.append(check)
            status.update(f"{check.scheme}: {check.check}")
    return found
