"""Keys are taken out of whatever is said, printed or kept, in whichever form they come back.

Vendors, gateways and proxies echo what they were sent: whole, shortened, in other case, broken over
lines, in an address (percent signs), in a header for Basic authentication (Base64), as hex, or with
JSON's escapes. So every secret that this process reads is told to `SECRETS`, and its pieces are
looked for, not only the whole. Keys that nobody told of go by the shapes that vendors give them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from .characters import HIDDEN_CHARACTERS

MARK: Final = "[key]"
"""Stands in place of a key."""
SHORTEST_PIECE: Final = 8
"""Characters of a key that may not show, wherever in the key they stand."""

# Shorter ones are words as often as keys.
_SHORTEST_SECRET = 4
_SHORTEST_IN_ANSWERS = 12
# A key of this kind is taken for random, so that its pieces say something.
_RANDOM = re.compile(r"(?=.*\d).{16,}|.{32,}")
_BLOCK = SHORTEST_PIECE // 2
# What may stand between the characters of a key that was wrapped, escaped or decorated.
_BETWEEN = re.compile(rf"[\s\\\x00-\x1f\x7f-\x9f\u200c\u200d{HIDDEN_CHARACTERS}]")
_WORDS = re.compile(r"[a-z_-]*|[A-Z_-]*")

# Keys anywhere in a text: a start that a vendor gives its keys, and enough behind it to tell them
# from words. Vendors star out the middle of a key before they echo it.
KEY_SHAPE: Final = re.compile(
    r"""
    \b(?:
        # OpenAI, Anthropic, DeepSeek, OpenRouter and gateways (sk, pk, rk); Hugging Face (hf,
        # api_org); Groq (gsk); xAI; Replicate (r8); NVIDIA (nvapi); Perplexity (pplx); Cerebras
        # (csk); Fireworks (fw); Together (tgp_v1); Anyscale (esecret); Jina; GitHub
        (?:sk|pk|rk|hf|api_org|gsk|xai|r8|nvapi|pplx|csk|fw|tgp_v1|esecret|jina|gh[opsu]|github_pat)
        [-_][A-Za-z0-9*_-]{12,}
      | (?:sk|pk|rk|hf|gsk|xai|r8)(?=[A-Za-z_-]*[0-9*])[A-Za-z0-9*_-]{12,}
      | AIza[A-Za-z0-9*_-]{12,}                         # Google
      | AQ\.[A-Za-z0-9*_-]{20,}                         # Google, since 2025
      | ya29\.[A-Za-z0-9*_-]{12,}                       # Google, tokens of service accounts
      | ABSK[A-Za-z0-9*+/=]{20,}                        # Amazon Bedrock
      | dapi[0-9a-f*]{20,}                              # Databricks
      | eyJ[A-Za-z0-9*_-]{8,}(?:\.[A-Za-z0-9*_-]+){1,2}  # a JSON Web Token
    )
  | (?<=\bBearer\ )(?=\S{12})(?=[^\s0-9*]*[0-9*])[A-Za-z0-9*_~+/=-]+(?:\.[A-Za-z0-9*_~+/=-]+)*
  | (?<=://)[^\s/@:]{0,200}:[^\s/@]{1,200}(?=@)         # a password in an address
    """,
    re.VERBOSE,
)


class Secrets:
    """The secrets that this process knows, and how they are taken out of a text."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._short: set[str] = set()
        self._pieces: dict[int, set[str]] = {}
        self._blocks: set[str] = set()

    def add(self, secret: str) -> None:
        """Tell of a secret; one of less than 4 characters is none."""
        secret = _squeezed(secret)
        if secret in self._known or len(secret) < _SHORTEST_SECRET:
            return
        self._known.add(secret)
        if len(secret) < _SHORTEST_IN_ANSWERS:
            self._short.add(secret)
            return
        for form in _forms(secret):
            length = len(form)
            if _RANDOM.fullmatch(secret):
                length = -(-SHORTEST_PIECE * len(form) // len(secret))
            self._add_pieces(form, length)

    def _add_pieces(self, form: str, length: int) -> None:
        """Look for all pieces of one length; those that could be words are left out."""
        pieces = self._pieces.setdefault(length, set())
        for piece in _stretches(form, length):
            if length == len(form) or not _WORDS.fullmatch(piece):
                pieces.add(piece.lower())
                self._blocks.update(_stretches(piece.lower(), _BLOCK))

    def redact(self, text: str) -> str:
        """A message without these secrets, and without all else that looks like a vendor's key."""
        text = self.redact_known(text)
        for secret in self._short:
            text = re.sub(re.escape(secret), MARK, text, flags=re.IGNORECASE)
        return redact_key_shapes(text)

    def redact_known(self, text: str) -> str:
        """An answer without these secrets, as far as they are long enough to be no words."""
        if not self._may_hold_one(text):
            return text
        signs = []
        places = []
        for place, sign in enumerate(text):
            if not _BETWEEN.match(sign):
                signs.append(sign.lower()[0])
                places.append(place)
        rest = []
        end = 0
        for first, last in self._places("".join(signs)):
            before = text[end : places[first]]
            rest.append(before)
            end = places[last] + 1
        rest.append(text[end:])
        return MARK.join(rest)

    def _may_hold_one(self, text: str) -> bool:
        """Whether a text can hold a piece; of most texts every fourth character says that none is.

        A piece has 8 characters or more, and so a whole block that starts at a multiple of 4.
        """
        if not self._blocks:
            return False
        squeezed = _squeezed(text).lower()
        return any(True for _ in self._hits(squeezed))

    def _hits(self, squeezed: str) -> Iterator[int]:
        """Where blocks of pieces start, among the multiples of their length."""
        blocks = self._blocks
        for start in range(0, len(squeezed), _BLOCK):
            if squeezed[start : start + _BLOCK] in blocks:
                yield start

    def _places(self, squeezed: str) -> Iterator[tuple[int, int]]:
        """First and last place of every stretch that is made of pieces."""
        first = None
        last = -1
        for start, end in sorted(self._found_pieces(squeezed)):
            if first is not None and start > last + 1:
                yield first, last
                first = None
            if first is None:
                first = start
            last = max(last, end)
        if first is not None:
            yield first, last

    def _found_pieces(self, squeezed: str) -> set[tuple[int, int]]:
        """First and last place of every piece."""
        places = set()
        for hit in self._hits(squeezed):
            for length, pieces in self._pieces.items():
                first_start = max(0, hit + _BLOCK - length)
                for start in range(first_start, hit + 1):
                    if squeezed[start : start + length] in pieces:
                        places.add((start, start + length - 1))
        return places


SECRETS: Final = Secrets()
"""Of this process: `read_key` tells it of every key."""


def redact_key_shapes(text: str) -> str:
    """The text with a mark in place of all that looks like a vendor's key."""
    return KEY_SHAPE.sub(MARK, text)


def _stretches(text: str, length: int) -> Iterator[str]:
    """All stretches of one length in a text, in order."""
    for start in range(len(text) - length + 1):
        yield text[start : start + length]


def _squeezed(text: str) -> str:
    return _BETWEEN.sub("", text)


def _forms(secret: str) -> Iterator[str]:
    """A secret in the forms in which it comes back."""
    content = secret.encode("utf-8", "replace")
    yield secret
    if quote(secret, safe="") != secret:
        yield quote(secret, safe="")
    yield content.hex()
    yield "".join(f"u{ord(sign):04x}" for sign in secret)  # JSON's escapes, less the backslashes
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            yield _base64_inside(content, shift, encode(bytes(shift) + content).decode())


def _base64_inside(content: bytes, shift: int, encoded: str) -> str:
    """Those characters of a longer text in Base64 that the content alone decides.

    Args:
        content: The content.
        shift: Bytes before it, modulo 3.
        encoded: Both in Base64.
    """
    first = -(-shift * 8 // 6)
    behind = (shift + len(content)) * 8 // 6
    return encoded[first:behind]
