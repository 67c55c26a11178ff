"""The declared loss terms as text: for the terminal and for docs/losses.md."""

from __future__ import annotations

import ast
import re

from ldct.construct import about
from ldct.losses.declared import TERMS

HEADER = """# Loss terms

Written by `ldct losses list --markdown` from the terms and their declarations, which `tests/losses/test_listing.py`
checks.

A loss is a sum of terms, `charbonnier + 0.05 * vgg16_hed`, or a list of terms with options; a target share `psi` of a
term is turned into a weight by a calibration on training patients (config/README.md). Each term is one file in
`ldct/losses` and one entry in `declared.py`; `module:Class` of your own works the same way. Terms see standardised
intensities (N, 1, H, W); d is prediction minus target. Every term's value, its share Psi of the loss and its share of
the gradient's norm are logged at each epoch.
"""


def markdown() -> str:
    """docs/losses.md."""
    parts = [HEADER]
    for name in TERMS:
        summary, details, source = described(name)
        needs = needs_of(name)
        parts.append(f"\n## `{name}`\n\n{summary}\n")
        if details:
            parts.append(f"\n{details}\n")
        options = options_of(name)
        parts.append(f"\n- options: {', '.join(options) if options else 'none'}\n")
        if needs:
            parts.append(f"- needs: {needs}\n")
        term = TERMS[name]
        parts += [f"- about: {about(term.construct)}\n"] if term.construct else []
        parts += [f"- optimises: {', '.join(f'`{metric}`' for metric in term.optimises)}\n"] if term.optimises else []
        parts += [f"- source: {source}.\n"] if source else []
        parts.append(f"- licence: {term.licence}.\n")
    return "".join(parts)


def plain() -> str:
    """A line a term."""
    lines = []
    for name in TERMS:
        term, needs = TERMS[name], needs_of(name)
        notes = [
            about(term.construct),
            f"optimises {', '.join(term.optimises)}" if term.optimises else "",
            term.licence,
        ]
        said = f"{name:22s} {described(name)[0]}{f' [{needs}]' if needs else ''}"
        lines.append(f"{said} ({'; '.join(filter(None, notes))})")
    return "\n".join(lines)


def described(name: str) -> tuple[str, str, str]:
    """First sentence and the rest of a term's docstring, read without importing it; its source."""
    term = TERMS[name]
    tree = ast.parse(TERMS.source_file(name).read_text(encoding="utf-8"))
    wanted = term.path.partition(":")[2]
    node = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == wanted)
    summary, _, rest = (ast.get_docstring(node) or "").partition("\n")
    while rest and not rest.startswith("\n") and not summary.rstrip().endswith((".", ";", ":")):
        line, _, rest = rest.partition("\n")
        summary += " " + line
    return summary, re.sub(r"(?<!\n)\n(?!\n)", " ", rest).strip(), term.source


def options_of(name: str) -> list[str]:
    """Keyword arguments with their defaults, those of the classes it derives from included."""
    import inspect

    found: dict[str, str] = {}
    for kind in TERMS.load(name).__mro__:
        if kind.__init__ is object.__init__ or "__init__" not in vars(kind):
            continue
        for option in inspect.signature(kind.__init__).parameters.values():
            if option.kind is option.KEYWORD_ONLY and option.name not in ("intensity", "weights_dir"):
                default = "" if option.default is option.empty else f" = {option.default!r}"
                found.setdefault(option.name, f"`{option.name}{default}`")
    return list(found.values())


def needs_of(name: str) -> str:
    """Weight files, the encoder of the study, a critic."""
    term = TERMS[name]
    needs = [f"weights {weight}" for weight in term.weights]
    needs += ["the encoder that the study trains"] if term.encoder else []
    needs += ["a critic, trained beside the network"] if term.critic else []
    return ", ".join(needs)
