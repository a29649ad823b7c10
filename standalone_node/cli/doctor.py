"""`node-fit doctor`: what this installation runs on, and what ails it."""

from __future__ import annotations

import os
import time
from typing import Any

import click

from standalone_node.cli.failures import FAILED
from standalone_node.cli.messages import Messages, error
from standalone_node.cli.options import common_options, print_json
from standalone_node.errors import NodeError


@click.command("doctor")
@click.option(
    "--warm",
    is_flag=True,
    help="Compile all kernels that are not kept yet, so that no fit has to wait; takes minutes.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@common_options
def command(warm: bool, quiet: bool, as_json: bool) -> int:
    """Show versions, processors, memory, BLAS and the compiled kernels, and what to mend.

    Kernels are compiled when they are first needed and kept in a folder, from where later runs
    take them. Warnings say what slows this installation down and what to do about it. The exit
    code is 1 if it cannot be used at all.

    \b
    Examples:
      node-fit doctor
      node-fit doctor --warm
      NUMBA_CACHE_DIR=/opt/kernels node-fit doctor --warm
    """
    from standalone_node.report.advice import advice
    from standalone_node.report.doctor import cache_facts, doctor_facts, doctor_tables
    from standalone_node.report.terminal import show

    messages = Messages()
    with messages.catching():
        facts = doctor_facts()
    found = advice(facts, os.environ)
    if warm and not any(said.fatal for said in found):
        with messages.catching():
            facts["warmed"] = _warmed(facts["cache"], quiet)
            facts["cache"] = cache_facts()
        found = advice(facts, os.environ)
    for said in found:
        if said.fatal:
            error(said.sentence)
        else:
            messages.warning(said.sentence)
    fatal = [said.sentence for said in found if said.fatal]
    if as_json:
        print_json({"ok": not fatal, **facts, "errors": fatal, "warnings": messages.warnings})
    else:
        show(doctor_tables(facts, found))
    return FAILED if fatal else 0


def _warmed(cache: dict[str, Any], quiet: bool) -> dict[str, Any]:
    """Compile what is missing; the seconds it took, and what could not be compiled."""
    if cache["folder"] is None:
        raise NodeError(
            "--warm has no folder to keep the kernels in: set NUMBA_CACHE_DIR to one that you can "
            "write to."
        )
    from standalone_node.problem.warm import compile_sweeps
    from standalone_node.report.terminal import terminal
    from standalone_node.report.warming import followed

    missing = [
        (share["form"], share["activation"], share["dtype"])
        for share in cache["shares"]
        if share["kept"] < share["all"]
    ]
    began = time.perf_counter()
    failed = []
    for names in followed(missing, terminal(stderr=True), quiet=quiet):
        try:
            compile_sweeps(*names)
        except Exception as raised:
            reason = f"{type(raised).__name__}: {raised}".splitlines()[0]
            failed.append({"what": ", ".join(names), "reason": reason})
    return {"seconds": time.perf_counter() - began, "combinations": len(missing), "failed": failed}
