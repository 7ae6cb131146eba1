"""The signs in a text that say something: operators, and symbols such as arrows or emoji. Other punctuation says nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from lixcore_policies.texts.words import Token

_IN_OPERATORS: Final = frozenset("<>=!+-*^|~&@#\\")
_COMPARING: Final = frozenset("<>=")
_CALCULATING: Final = frozenset("+*^")
_NO_OPERATORS: Final = frozenset("!-&")  # "&&" is one

_LIST_MARKS: Final = frozenset("*+#")  # before a thing in a list, or a heading
_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")


def with_signs_read(tokens: Sequence[Token]) -> list[Token]:
    """The tokens with each operator, such as ``!=``, as one token that is a sign, and so each symbol beyond ASCII.

    What compares (``<``, ``>``, ``=``) always is an operator. Other marks are where they touch a word on both sides
    or on none, as in ``a * b`` or ``a*b`` but not in ``*a*``; those that calculate also are beside a number.
    """
    read: list[Token] = []
    at = 0
    while at < len(tokens):
        token, after = tokens[at], at + 1
        if token.is_mark and token.text in _IN_OPERATORS:
            while after < len(tokens) and tokens[after].is_tight and tokens[after].text in _IN_OPERATORS:
                after += 1
            if _is_operator(tokens, at, after):
                text = "".join(each.text for each in tokens[at:after])
                read.append(Token(text, is_mark=True, is_tight=token.is_tight, is_sign=True))
            else:
                read.extend(tokens[at:after])
        elif len(token.text) == 1 and not token.text.isascii() and unicodedata.category(token.text) in {"Sm", "So"}:
            read.append(token._replace(is_sign=True))
        else:
            read.append(token)
        at = after
    return read


def is_operator(sign: str) -> bool:
    """Whether a sign calculates, compares or leads somewhere; those that do not are pictures."""
    return sign[0].isascii() or unicodedata.category(sign[0]) == "Sm"


def _is_operator(tokens: Sequence[Token], start: int, end: int) -> bool:
    marks = {token.text for token in tokens[start:end]}
    if not _COMPARING.isdisjoint(marks):
        return True
    if marks <= _NO_OPERATORS and (marks != {"&"} or end - start == 1):
        return False
    before = tokens[start - 1] if start else None
    after = tokens[end] if end < len(tokens) else None
    if marks <= _CALCULATING and ((before and before.is_number) or (after and after.is_number)):
        return True
    if before is None and marks <= _LIST_MARKS:
        return False
    touches_before = before is not None and tokens[start].is_tight and (not before.is_mark or before.text in _CLOSING)
    touches_after = after is not None and after.is_tight and (not after.is_mark or after.text in _OPENING)
    return touches_before == touches_after
