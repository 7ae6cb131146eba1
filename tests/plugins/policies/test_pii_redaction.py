"""What is taken out of texts, what stays, and that it takes no more time than the text is long."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore import CacheConfig
from lixcore.bootstrap import Opener
from lixcore.errors import InvalidConfigError
from lixcore.registry import Group
from lixcore_policies import PiiRedaction
from lixcore_policies.personal.kinds import Kind
from lixcore_policies.pii_redaction import KINDS, NAMES

KEY_OF_A_CLOUD = "AKIA" + "IOSFODNN7EXAMPLE"
ARMOUR = "-----{} RSA PRIVATE KEY-----"
PRIVATE = f"{ARMOUR.format('BEGIN')}\nMIIEpAIBAAKCAQ+/=\nProc-Type: 4\n{ARMOUR.format('END')}"
FOUND = [
    ("write to bob@example.com.", "write to [EMAIL]."),
    ("<bob.o+x@mail.example.co.uk>", "<[EMAIL]>"),
    ("mailto:jürgen@müller.example", "mailto:[EMAIL]"),
    ("+49 30 1234567", "[PHONE]"),
    ("tel:+12125550143", "tel:[PHONE]"),
    ("+1 (212) 555-0143!", "[PHONE]!"),
    ("call (212) 555-0143", "call [PHONE]"),
    ("212-555-0143 or 1-212-555-0144", "[PHONE] or [PHONE]"),
    ("212.555.0143", "[PHONE]"),
    ("555-123-4567", "[PHONE]"),
    ("030 1234567", "[PHONE]"),
    ("(030) 123 45 67", "[PHONE]"),
    ("06 12 34 56 78", "[PHONE]"),
    ("020 7946 0958", "[PHONE]"),
    ("089/12345678", "[PHONE]"),
    ("DE89 3704 0044 0532 0130 00 and", "[IBAN] and"),
    ("gb29 nwbk 6016 1331 9268 19", "[IBAN]"),
    ("NO9386011117947", "[IBAN]"),
    ("DE89370400440532013000 GB29NWBK60161331926819", "[IBAN] [IBAN]"),
    ("4111 1111 1111 1111", "[CARD]"),
    ("4111-1111-1111-1111", "[CARD]"),
    ("5555555555554444", "[CARD]"),
    ("3782 822463 10005", "[CARD]"),
    ("123-45-6789", "[SSN]"),
    ("at 8.8.8.8:53", "at [IP]:53"),
    ("from 192.168.1.20", "from [IP]"),
    ("[2001:db8::8a2e:370:7334]:443", "[[IP]]:443"),
    ("::ffff:10.1.2.3", "[IP]"),
    (KEY_OF_A_CLOUD, "[KEY]"),
    ("key=sk-" + "Ab1" * 8, "key=[KEY]"),
    ("ghp_" + "a1B2" * 9, "[KEY]"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijk", "[KEY]"),
    (PRIVATE + "\nhello", "[KEY]\nhello"),
    ('{"to": "bob@x.org", "n": "+49301234567"}', '{"to": "[EMAIL]", "n": "[PHONE]"}'),
]
LEFT = [
    "", "hello", "2024-01-02", "01.02.2024", "01.02.2024 10:30", "12:34:56", "version 1.2.3", "127.0.0.1", "0.0.0.0:80", "::1",
    "std::vector", "a::b", "1,234,567.89", "3.14159265358979", "4111 1111 1111 1112", "DE88370400440532013000", "@user",
    "bob@localhost", "10.5 + 1234567", "C++11", "0.123456789", "123e4567-e89b-12d3-a456-426614174000", "call_0123456789abcdef",
    "1700000000", "sk-learn", "isbn 978-3-16-148410-0", "2023 2024 2025", "09:00-17:30", "000-12-3456", "666-12-3456",
    "256.1.1.1", "1111111111111111", "[EMAIL]", "[PHONE] and [IP]",
]  # fmt: skip
PIECES = st.sampled_from(
    [*(text for text, _ in FOUND), *LEFT, " ", ".", "-", ",", "(", ")", "+", "/", ":", "@", "1", "0", "4111", "é", "\n", "x"]
)
TEXTS = st.lists(PIECES, max_size=6).map("".join) | st.text(st.sampled_from("0123456789 .-+@ab:()[]/"), max_size=60) | st.text()


@pytest.fixture(scope="module")
def policy() -> PiiRedaction:
    return PiiRedaction()


@pytest.mark.parametrize(("text", "redacted"), FOUND)
def test_what_identifies_somebody_is_taken_out(policy: PiiRedaction, text: str, redacted: str) -> None:
    assert policy.redact(text) == redacted


@pytest.mark.parametrize("text", LEFT)
def test_what_only_looks_alike_stays_and_the_text_is_the_very_same(policy: PiiRedaction, text: str) -> None:
    assert policy.redact(text) is text


@given(TEXTS)
def test_what_was_redacted_has_nothing_left(text: str) -> None:
    policy = PiiRedaction()
    once = policy.redact(text)
    assert policy.redact(once) is once


@given(st.lists(st.sampled_from("0123456789"), min_size=12, max_size=18), st.sampled_from("3456"))
def test_a_card_is_one_by_its_checksum(rest: list[str], first: str) -> None:
    digits = first + "".join(rest)
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value // 10 + value % 10
    kept_in = PiiRedaction(without=set(NAMES) - {"card"}).redact(digits)
    assert kept_in == ("[CARD]" if total % 10 == 0 and len(set(digits)) > 1 else digits)


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=18, max_size=18), st.integers(2, 98))
def test_an_iban_is_one_by_its_checksum(account: str, check: int) -> None:
    number = ""
    for character in account + "DE":
        number += character if character.isdigit() else str(ord(character) - ord("A") + 10)
    right = 98 - int(number + "00") % 97
    redact = PiiRedaction(without=set(NAMES) - {"iban"}).redact
    assert redact(f"DE{right:02}{account}") == "[IBAN]"
    if check % 97 != right % 97:
        assert redact(f"DE{check:02}{account}") == f"DE{check:02}{account}"


@pytest.mark.parametrize("name", NAMES)
def test_a_kind_can_be_left_in(name: str) -> None:
    policy = PiiRedaction(without={name})
    for text, redacted in FOUND:
        if redacted.count("[" + name.upper() + "]"):
            assert f"[{name.upper()}]" not in policy.redact(text)
    assert any(policy.redact(text) != text for text, _ in FOUND)


HOSTILE = [
    "a", "1", "1 ", "12 ", "1.", "+", "+1", "+1 ", "@", "a@", "a@b.", "a.", "a-", "-", "0", "01 ", "(", "(212) ", "212-", "4111 ",
    "41111111111111111111", "DE89 ", "DE89", "1:", ":", "a:", "sk-", "eyJ", "eyJa", "eyJaaaaaaaa.", "ghp_",
    ARMOUR.format("BEGIN"), ARMOUR.format("BEGIN") + "a-", "1.1.1.", "a@a.a@", "[EMAIL]", "123-45-", "AKIA", "4111 1111 1111 1111 ", "(212) 555-0143",
    "+12125550143", "8.8.8.8::2", "bob@x.org4111111111111111",
]  # fmt: skip


@pytest.mark.timeout(60)  # each takes some milliseconds; what tries again and again takes hours
@pytest.mark.parametrize("fragment", HOSTILE)
def test_no_text_of_100_kilobytes_keeps_it_busy(policy: PiiRedaction, fragment: str) -> None:
    policy.redact(fragment * (100_000 // len(fragment)) + "!x")


@pytest.mark.timeout(100)
def test_nor_do_two_things_that_stand_side_by_side(policy: PiiRedaction) -> None:
    examples = [text for text, redacted in FOUND if redacted.startswith("[") and " " not in redacted]
    for one, other in product(examples, examples):
        policy.redact((one + other) * (4_000 // len(one + other)))


@pytest.mark.timeout(100)
@pytest.mark.parametrize("fragment", ["word ", "1", "a@", "x1."])
def test_nor_does_one_of_16_mebibytes(policy: PiiRedaction, fragment: str) -> None:
    policy.redact(fragment * (2**24 // len(fragment)))


def test_it_takes_out_patterns_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "patterns.toml"
    path.write_text("staff = 'E[0-9]{6}'\nword = '[A-Z]+'\n")
    policy = opened(pii_patterns_file=str(path), pii_without="email, phone")
    redacted = policy.redact("E123456 wrote to bob@x.org IN TIME")
    assert redacted == "[STAFF] wrote to bob@x.org [WORD] [WORD]"
    assert policy.redact(redacted) is redacted, "a pattern that fits its own label is not tried on it"


def opened(**settings: str) -> PiiRedaction:
    config = CacheConfig(hot_store="memory", cold_archive="memory", redaction_policy="pii", **settings)
    policy = Opener(config).open(Group.REDACTION_POLICY, "pii")
    assert isinstance(policy, PiiRedaction)
    return policy


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("staff = '('", "staff: missing )"),
        ("staff = ''", "staff: matches the empty text"),
        ("staff = 'a*'", "staff: matches the empty text"),
        ("staff = 7", "staff: is int"),
        ("Staff = 'x'", "Staff: a name is a small letter"),
        ("staff", "cannot be read"),
        ("# " + "x" * 2**20, "has more than 1,048,576 bytes"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_when_it_is_opened(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "patterns.toml"
    path.write_text(text)
    with pytest.raises(InvalidConfigError, match=re.escape(said)):
        opened(pii_patterns_file=str(path))


def test_a_missing_file_and_an_unknown_kind_are_told() -> None:
    with pytest.raises(InvalidConfigError, match=r"pii_patterns_file: nowhere\.toml cannot be read"):
        opened(pii_patterns_file="nowhere.toml")
    with pytest.raises(InvalidConfigError, match="pii_without: 'mail' is no kind; those are card, email"):
        opened(pii_without="mail")


def test_a_subclass_has_kinds_of_its_own() -> None:
    class Mine(PiiRedaction):
        kinds = (*KINDS, Kind("badge", re.compile(r"B-[0-9]+")))

    assert Mine().redact("B-17 of bob@x.org") == "[BADGE] of [EMAIL]"
