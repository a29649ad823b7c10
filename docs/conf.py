"""Settings of the documentation site; `sh scripts/docs.sh` builds it."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_ext"))

from kernels import use_this_python  # noqa: E402

import standalone_node  # noqa: E402

# Kernels that execute pages live in processes of their own: they see the same package, and their
# `node-fit` is the one beside this Python.
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(HERE.parent), str(HERE / "_ext"), *filter(None, [os.environ.get("PYTHONPATH")])]
)
use_this_python(HERE / "_build" / "jupyter")
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

project = "standalone-node"
author = "the standalone-node authors"
copyright = author
version = release = standalone_node.__version__
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
    "sphinx_design",
    "site_hooks",
]
exclude_patterns = ["_build", "README.md", "**.ipynb_checkpoints"]
nitpicky = False

# Everything is executed, in every build of a clean clone; what has not changed since is not.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 180
nb_execution_excludepatterns: list[str] = []
nb_execution_show_tb = True
nb_merge_streams = True
myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
# Links to headings, named as a forge names them.
myst_heading_anchors = 4
myst_dmath_double_inline = True

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_preserve_defaults = True
toc_object_entries_show_parents = "hide"
# Dashes and dots; a quote may be a derivative, x'.
smartquotes_action = "De"
napoleon_google_docstring = False
napoleon_use_rtype = False
# Parameters that a docstring describes together stay together.
napoleon_use_param = False
napoleon_use_ivar = True
default_role = "code"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = "standalone-node"
# Formulas without a network: MathJax in one file, which draws them and asks for no other. The
# package is a Sphinx extension that would copy all of MathJax, and is taken for its files alone.
_package = find_spec("sphinx-mathjax-offline")
assert _package is not None and _package.origin is not None
_mathjax = Path(_package.origin).parent / "static" / "mathjax"
mathjax_path = "tex-svg-full.js"
mathjax_options = {"defer": "defer"}
html_static_path = ["_static", str(_mathjax / mathjax_path)]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    # The table of the one and the frame of the other need the room.
    "secondary_sidebar_items": {"**": ["page-toc"], "others": [], "interactive": []},
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "back_to_top_button": False,
}
html_sidebars = {"index": [], "interactive": []}
