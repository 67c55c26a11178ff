"""`ldct losses`: the list is what is declared, and the document is the list."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldct.__main__ import main
from ldct.losses.declared import TERMS
from ldct.losses.listing import described, markdown, options_of

PROJECT = Path(__file__).resolve().parents[2]


def test_the_document_is_that_of_the_declarations():
    assert (PROJECT / "docs/losses.md").read_text() == markdown(), "run 'make docs'"


def test_every_term_is_listed(capsys):
    assert main(["losses", "list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(TERMS)


@pytest.mark.parametrize("name", TERMS)
def test_every_term_says_what_it_is_and_where_it_is_from(name):
    summary, _, source = described(name)
    assert len(summary) > 10
    assert source or name in ("mse", "l1"), f"{name} names no source"


def test_options_are_those_of_the_class_and_its_bases():
    assert options_of("charbonnier") == ["`epsilon = 0.001`"]
    assert "`critic_steps = 1`" in options_of("dugan") and "`cutmix = 0.5`" in options_of("dugan")
