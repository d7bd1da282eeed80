"""Writes the lecture as one page that is readable offline, on a phone and in print: no script, nothing from elsewhere."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tinygrad_edu.lecture.run import Given

PARAGRAPH = "\n\n"  # between the paragraphs of a section's text
STYLE = """
:root { --ink: #222; --paper: #fff; --soft: #f4f1ea; --line: #ccc; --link: #0072B2; --bad: #b33c00; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 46rem; color: var(--ink); background: var(--paper);
       font: 1.06rem/1.6 Georgia, "DejaVu Serif", serif; }
h1 { font-size: 2rem; line-height: 1.2; margin: 1rem 0 .3rem; }
h2 { font-size: 1.5rem; margin: 3.5rem 0 .5rem; border-top: 2px solid var(--ink); padding-top: .8rem; }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .3rem; }
.lead { color: #555; margin-top: 0; }
nav ol { padding-left: 1.4rem; }
a { color: var(--link); }
.equations { width: 100%; border-collapse: collapse; background: var(--soft); margin: 1.2rem 0; }
.equations td { padding: .45rem 1rem; }
.equations td:last-child { text-align: right; white-space: nowrap; color: #555; width: 4.5rem; }
math { font-size: 1.12em; }
figure { margin: 1.6rem 0; text-align: center; }
figure img { max-width: 100%; height: auto; }
figure.wide div { overflow-x: auto; text-align: left; }
figure.wide img { max-width: none; }
.pause { display: block; text-align: right; font-size: .85rem; color: #555; margin: .1rem 0 -.6rem; cursor: pointer; }
.still, .movie:has(:checked) .moving { display: none; }
.movie:has(:checked) .still { display: inline; }
@media screen and (max-width: 40rem) {
  figure.panels div { overflow-x: auto; } figure.panels img { max-width: none; width: 42rem; } }
figcaption { text-align: left; font-size: .95rem; color: #444; margin-top: .4rem; }
.steps a { font-weight: bold; }
.aside { border-left: 4px solid #E69F00; padding: .1rem 0 .1rem 1rem; margin: 1.4rem 0; }
.scroll { overflow-x: auto; }
.checks { border-collapse: collapse; font-size: .9rem; width: 100%; }
.checks th, .checks td { text-align: left; padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line);
                         vertical-align: top; }
.checks td:nth-child(2) { min-width: 11rem; }
.checks td:nth-child(n+3) { font-variant-numeric: tabular-nums; white-space: nowrap; }
.failed { color: var(--bad); font-weight: bold; }
details { margin: 1.2rem 0; }
summary { cursor: pointer; color: var(--link); }
pre { background: var(--soft); padding: .9rem 1rem; overflow-x: auto;
      font: .82rem/1.45 "DejaVu Sans Mono", Menlo, Consolas, monospace; }
@media (prefers-reduced-motion: reduce) { .moving, .pause { display: none; } .still { display: inline; } }
@media print {
  .moving, .pause { display: none; } .still { display: inline; }
  figure.wide img { max-width: 100%; }
  details > *:not(summary) { display: block; } h2 { break-before: page; } figure { break-inside: avoid; } }
"""


def page(given: Iterable[Given]) -> str:
    """The whole page as HTML."""
    given = list(given)
    checks = [check for one in given for check in one.checks]
    passed = sum(check.passed for check in checks)
    contents = "".join(f'<li value="{one.number}"><a href="#{one.section.name}">{escape(one.section.title)}</a></li>'
                       for one in given)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'">
<title>Backprop: how it works, and how it fails</title>
<style>{STYLE}</style>
</head>
<body>
<h1>Backprop: how it works, and how it fails</h1>
<p class="lead">The lecture of J. V. Stone's slides, run by tinygrad_edu. Every figure on this page, and every number in its
tables' column “found”, was computed when the page was made{_run(given)}; {passed} of {len(checks)}
checks hold.</p>
<nav aria-label="Sections"><ol>{contents}</ol></nav>
{"".join(map(_section, given))}
</body>
</html>
"""


def _run(given: list[Given]) -> str:
    """Which run the page shows: its seed, and whether it is the small version."""
    if not given:
        return ""
    return f", from seed {given[0].seed}" + " in the small version (--fast)" * given[0].fast


def _section(given: Given) -> str:
    section, (text, look_for, aside) = given.section, given.words
    return f"""
<section id="{section.name}">
<h2>{given.number}. {escape(section.title)}</h2>
{"".join(f"<p>{escape(paragraph)}</p>" for paragraph in text.split(PARAGRAPH))}
<div class="scroll"><table class="equations" aria-label="Equations">
{"".join(_equation(n, latex) for n, latex in section.equations)}</table></div>
<p><strong>Look for this.</strong> {escape(look_for)}</p>
{"".join(_figure(files, picture) for files, picture in given.pictures)}
<p class="steps"><a href="{escape(given.steps[0])}">Step through it by hand</a>: {escape(given.steps[1])}.</p>
<div class="aside"><p><strong>Beside the slides.</strong> {escape(aside)}</p></div>
<details><summary>The code that made this</summary>
{"".join(_code(function) for function in section.code)}</details>
<h3>Checked</h3>
<div class="scroll"><table class="checks">
<thead><tr><th></th><th>check</th><th>expected</th><th>found</th><th>within</th></tr></thead>
<tbody>{"".join(_check(check.row, check.passed) for check in given.checks)}</tbody></table></div>
</section>
"""


def _equation(number: str, latex: str) -> str:
    from latex2mathml.converter import convert

    numbered = f"({escape(number)})" if number else ""
    return f"<tr><td>{convert(latex, display='block')}</td><td>{numbered}</td></tr>"


def _figure(files: tuple[str, ...], picture: Any) -> str:
    """A figure; a movie with its still, which takes its place in print, where no motion is wanted, and when the box is ticked."""
    movie, alt = len(files) == 2, escape(picture.alt)
    size = ' width="{}" height="{}"'.format(*picture.figure.size) if movie else ""  # the still is sharper, and shown as large
    image = f'<img class="{{}}" src="{{}}" alt="{{}}" loading="{{}}"{size}>'.format
    kinds = (("moving", "lazy"), ("still", "eager")) if movie else (("", "lazy"),)  # a printer does not wait for what is lazy
    images = "".join(image(kind, escape(file), alt, loading) for (kind, loading), file in zip(kinds, files))
    pause = '<label class="pause"><input type="checkbox"> still</label>' if movie else ""
    classes = " ".join(["wide"] * picture.wide + ["panels"] * picture.panels + ["movie"] * movie)
    scrolled = " tabindex=0" * (picture.wide or picture.panels)  # so that the keyboard can scroll it too
    return (f'<figure class="{classes}"><div{scrolled}>{images}</div>{pause}'
            f"<figcaption>{escape(picture.caption)}</figcaption></figure>\n")


def _code(function: Any) -> str:
    source = textwrap.dedent(inspect.getsource(function))
    return f"<p><code>{escape(function.__module__)}</code></p><pre>{escape(source)}</pre>\n"


def _check(row: tuple[str, ...], passed: bool) -> str:
    verdict = f'<td class="{"passed" if passed else "failed"}">{"✓" if passed else "✗ failed"}</td>'
    return f"<tr>{verdict}{''.join(f'<td>{escape(cell)}</td>' for cell in row[:4])}</tr>"
