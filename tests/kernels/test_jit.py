"""Bodies stay plain Python; numba comes in with the first kernel, and not before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from standalone_node.kernels.jit import inlined, kernel, named

ROOT = Path(__file__).resolve().parents[2]


def ended(code: str, **environment: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT), **environment},
        capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip(), done.stderr


def test_a_body_can_be_called_from_python_and_from_kernels_made_before_it() -> None:
    @kernel
    def earlier(x, out):  # type: ignore[no-untyped-def]
        out[0] = halved(x[0])

    @inlined
    def halved(x):  # type: ignore[no-untyped-def]
        return 0.5 * x

    @kernel
    def later(x, out):  # type: ignore[no-untyped-def]
        out[0] = halved(x[0])

    assert halved(6.0) == 3.0
    for compiled in (earlier, later):
        out = np.zeros(1)
        compiled(np.array([6.0]), out)
        assert out[0] == 3.0


def test_what_a_factory_makes_has_a_name_of_its_own() -> None:
    def body(x):  # type: ignore[no-untyped-def]
        return x

    assert named("direct", "mean-field", "leaky-relu")(body) is body
    assert body.__name__ == body.__qualname__ == "direct_mean_field_leaky_relu"


def test_the_names_of_the_activations_can_be_had_without_numba() -> None:
    code = (
        "import sys\n"
        "from standalone_node.kernels.activations import ACTIVATIONS\n"
        "print(len(ACTIVATIONS) > 5, 'numba' in sys.modules)\n"
    )
    assert ended(code) == ("True False", "")


def test_where_numba_is_switched_off_a_kernel_is_its_body() -> None:
    code = (
        "from standalone_node.kernels.jit import kernel\n"
        "def body(x):\n    return x\n"
        "print(kernel(body) is body)\n"
    )
    assert ended(code, NUMBA_DISABLE_JIT="1") == ("True", "")
