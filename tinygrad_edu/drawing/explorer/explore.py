"""Writes the computation behind a Value as one page to step through, in a browser and without a network.

    explore(E, "backprop.html")

Everything is in the one file: the record of the computation, the program that shows it (`page.js`, made from what is in `page/`)
and its style. A content-security policy lets nothing else run and nothing be loaded.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from tinygrad_edu.autodiff.value import Value
from tinygrad_edu.drawing.explorer.record import written_down
from tinygrad_edu.storage.whole import check_writable, whole


def explore(value: Value, path: str | os.PathLike[str], title: str = "Backprop, step by step") -> Path:
    """Writes the page, whole or not at all, and returns its path. value: a Value of size 1, made by some operation.

    Raises TypeError for anything but a Value, ValueError for one that nothing led to, that has several entries or is made of more
    numbers than a page shows, and for a path that is not one of a .html; EngineMissing if there is no Graphviz; OSError.
    """
    target = check(path)
    if not isinstance(value, Value):
        raise TypeError(f"explore shows how a Value was made, and this is a {type(value).__name__}, which has no record.")
    if value.op is None:
        raise ValueError(f"{value.name or 'this value'} was not made from anything, so there is nothing to step through.")
    text = page(written_down(value), title)
    with whole(target) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
    return target


def check(path: str | os.PathLike[str]) -> Path:
    """The path of a page that can be written. Raises what `explore` raises for a path."""
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"{path.name!r} is no name for a page; it must end in .html.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(path.parent)!r} to write {path.name!r} in. Make it first.")
    check_writable(path)
    return path


def page(record: dict[str, Any], title: str) -> str:
    """The whole page as HTML."""
    here = files(__package__)
    script, style = ((here / name).read_text(encoding="utf-8") for name in ("page.js", "page.css"))
    data = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    policy = f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{escape("".join(c if c.isprintable() else "�" for c in title))}</title>
<style>{style}</style>
</head>
<body>
<main id="page"><noscript>This page computes what it shows, and needs JavaScript for that.</noscript></main>
<script type="application/json" id="record">{data}</script>
<script>{script}</script>
</body>
</html>
"""


def _hash(text: str) -> str:
    """What a content-security policy calls an inline script or style by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
