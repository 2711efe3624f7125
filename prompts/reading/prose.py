"""Answers in words: refusals, `Key: value` lines, and the answer to a question about one attribute.

Prose is read with restraint. A wrong vote costs the ensemble more than a missing one, so that a
sentence that names two listed values, or denies something, is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from ...configs.normalization import bare_form, lookup_form, name_key
from .absence import is_absent, mentions_absence
from .vocabulary import ANSWER_KEYS, Vocabulary
from .vote import Vote

_LONGEST_SENTENCE: Final = 240
_LONGEST_VALUE: Final = 100
_MOST_WORDS: Final = 10
_MOST_LINES: Final = 500
_LONGEST_LINE: Final = 1000

_REFUSAL: Final = re.compile(
    r"(?:(?:well|hello|hi|ok|okay|unfortunately|sorry|my apologies)\W+(?:but )?)?"
    r"(?:(?:i'm|i am|we're|we are) (?:really |very |so )?(?:sorry|afraid|unable|not able)\b"
    r"|sorry(?:[,.!:]| but\b| i\b|$)|my apologies|i apologi[sz]e|as an ai\b|as a(?: large)? language model"
    r"|(?:i|we) (?:cannot|can not|can't|could not|couldn't|won't|will not|must decline|do not feel|don't feel)"
    r"(?:[.!,]|$| to\b| (?:\w+ly )?(?:help|assist|provide|answer|comply|do|fulfil+|complete|process|extract|determine"
    r"|give|identify|generate|engage|share|discuss|continue|respond|create|perform|tell|say|see|access|offer|make)\b))"
)
_SPEECH: Final = re.compile(
    r"(?:the (?:product|title|text|item|description)|(?:it|this(?: \w+){0,3}) (?:is|appears|seems|looks)|it's"
    r"|i (?:think|believe|would|guess)|based on|there (?:is|are)|here(?:'s| is| are)|sure[,!.]|certainly[,!.]"
    r"|of course|since|because|looking at|from the|in the|according to)(?!\w)"
)
_BULLET: Final = re.compile(r"\s*(?:[-+*•>#|]+\s+|\|\s*|\d{1,3}[.)]\s+)*")
_MEMBER: Final = re.compile(r"(?:^|[,;]\s*)(?P<name>[^:=|,;]{1,80}?)\s*[:=|]\s*")
_SENTENCE: Final = re.compile(
    r"(?:so |thus |therefore |hence )?,?\s*(?:the |its |this |my )?(?P<name>[\w /'-]{1,60}?) "
    r"(?:(?:of|for) (?:the|this) product )?(?:is|would be|should be|must be)\s*:?\s+(?P<said>.+)",
    re.IGNORECASE,
)
_ANSWERS: Final = frozenset(
    f"{kind}{word}"
    for kind in ("", "final", "correct", "best", "my")
    for word in (*ANSWER_KEYS, "category")
)
_MARKED: Final = re.compile(
    r"\*\*([^*\n]{1,100})\*\*|\\boxed\{(?:\\text\{)?([^{}\n]{1,100})\}|`([^`\n]{1,100})`"
)
_QUOTED: Final = re.compile(r"[\"“]([^\"“”\n]{1,100})[\"”]|(?<!\w)'([^'\n]{1,100})'(?!\w)")
_HEAD: Final = re.compile(
    r"([^\n.:;!,–—(]{1,100}?)\s*(?:([.:;!\n–—]|\s-\s|\((?!or\b|and\b|also\b|/))|[,(]|$)"
)
_DENIAL: Final = re.compile(
    r"\b(?:not|no|non|never|neither|nor|without|except|rather than|instead of|hardly|unlikely|cannot)\b|n't\b"
)


def refuses(text: str) -> bool:
    """Whether a text begins as a refusal does."""
    return _REFUSAL.match(lookup_form(text[:_LONGEST_LINE]).lstrip("*_\"'> ")) is not None


def said_in_lines(text: str, names: Mapping[str, str]) -> dict[str, str]:
    """Read `Key: value` lines: lists, Markdown tables, JSON members without their braces.

    Args:
        text: Of any length; the first 500 lines count.
        names: `name_key` of a name -> the name; lines with other names are passed over.

    Returns:
        Name -> what was said last.
    """
    said = {}
    for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]:
        content = _BULLET.sub("", line[:_LONGEST_LINE], count=1)
        members = [
            member for member in _MEMBER.finditer(content) if name_key(member["name"]) in names
        ]
        stops = [*(member.start() for member in members), len(content)][1:]
        for member, stop in zip(members, stops, strict=True):
            said[names[name_key(member["name"])]] = _unwrapped(content[member.end() : stop])
    return said


def read_words(text: str, vocabulary: Vocabulary) -> Vote:
    """Read an answer to a question about one attribute, in whatever words."""
    text = text.strip()
    if not text:
        return vocabulary.unreadable()
    return _read_choice(text, vocabulary) if vocabulary.closed else _read_open(text, vocabulary)


def _read_choice(text: str, vocabulary: Vocabulary) -> Vote:
    """Read an answer that should be one listed value: said alone, said as the answer, set off, or mentioned alone."""
    if len(text) <= _LONGEST_SENTENCE:
        vote = vocabulary.read(text)
        if not vote.missing:
            return vote
    for said in _stated(text, vocabulary):
        vote = _first_clause(said, vocabulary)
        if not vote.missing:
            return vote
    found = _set_off(text, vocabulary) or _mentioned(text, vocabulary)
    if found is not None and not found.missing:
        return found
    if refuses(text):
        return Vote(vocabulary.attribute, "refused", spelling=_shown(text))
    return (
        vocabulary.read(text)
        if found is None and _is_short(text)
        else vocabulary.unreadable(_shown(text))
    )


def _read_open(text: str, vocabulary: Vocabulary) -> Vote:
    """Read an answer that should be a short free text: said alone, or said as the answer."""
    if (
        is_absent(bare_form(lookup_form(text[: 2 * _LONGEST_SENTENCE])), listed=False)
        and len(text) <= _LONGEST_SENTENCE
    ):
        return vocabulary.read(_unwrapped(text))
    if refuses(text):
        return Vote(vocabulary.attribute, "refused", spelling=_shown(text))
    for said in _stated(text, vocabulary):
        if _is_short(said):
            return vocabulary.read(said)
    if _is_short(text) and not _SPEECH.match(lookup_form(text)):
        return vocabulary.read(_unwrapped(text))
    return vocabulary.unreadable(_shown(text))


def _stated(text: str, vocabulary: Vocabulary) -> Iterator[str]:
    """What lines such as `Answer: male` or `The gender is male.` state, the last one first."""
    names = _ANSWERS | {name_key(vocabulary.attribute)}
    for line in reversed(text[-20 * _LONGEST_LINE :].split("\n")[-_MOST_LINES:]):
        content = _BULLET.sub("", line[:_LONGEST_LINE], count=1).strip()
        found = _MEMBER.match(content)
        if found is not None and name_key(found["name"]) in names and found.end() < len(content):
            yield _unwrapped(content[found.end() :])
            continue
        for sentence in re.split(r"(?<=[.!?,;])\s+", content)[-20:]:
            stated = _SENTENCE.match(sentence.lstrip("*_ "))
            if stated is not None and name_key(stated["name"]) in names:
                yield _unwrapped(stated["said"].rstrip(".,;!"))


def _first_clause(said: str, vocabulary: Vocabulary) -> Vote:
    """Read a stated value, with or without reasons behind it."""
    vote = vocabulary.read(said)
    if not vote.missing:
        return vote
    return _head(said, vocabulary) or _mentioned(said, vocabulary) or vote


def _head(text: str, vocabulary: Vocabulary) -> Vote | None:
    """A listed value that is the first sentence (`Male. The title says ...`).

    Before a comma it counts only if no other value is named.
    """
    found = _HEAD.match(text)
    vote = vocabulary.read(found[1]) if found else None
    if found is None or vote is None or vote.state != "value":
        return None
    named_alone = set(vocabulary.mentions(lookup_form(text[:_LONGEST_LINE])).values()) <= {
        vote.value
    }
    return vote if found[2] or named_alone else None


def _set_off(text: str, vocabulary: Vocabulary) -> Vote | None:
    """The one listed value that is bold, boxed or in code; or quoted, where no other is named."""
    text = text[-4 * _LONGEST_LINE :]
    votes = {}
    for pattern in (_MARKED, _QUOTED):
        for found in pattern.finditer(text):
            vote = vocabulary.read(next(group for group in found.groups() if group is not None))
            if vote.state == "value":
                votes[vote.value] = vote
        if votes:
            break
    if len(votes) != 1:
        return None
    (vote,) = votes.values()
    return (
        vote
        if pattern is _MARKED
        or set(vocabulary.mentions(lookup_form(text)).values()) <= {vote.value}
        else None
    )


def _mentioned(text: str, vocabulary: Vocabulary) -> Vote | None:
    """The one listed value that a short text names without denying anything, or that it says n/a.

    None where it does neither; unreadable where it is not clear.
    """
    head = _head(text, vocabulary)
    if head is not None or len(text) > _LONGEST_SENTENCE:
        return head
    sentence = lookup_form(text)
    named = vocabulary.mentions(sentence)
    absent = mentions_absence(sentence)
    if absent and not named:
        return Vote(vocabulary.attribute, "absent", spelling=text)
    if not named:
        return None
    if absent or len(set(named.values())) > 1 or _DENIAL.search(sentence):
        return vocabulary.unreadable(text)
    phrase, value = next(iter(named.items()))
    spelt = re.search(re.escape(phrase), text, re.IGNORECASE)
    return Vote(vocabulary.attribute, "value", value, spelt[0] if spelt else phrase)


def _unwrapped(said: str) -> str:
    """A said value without emphasis, code marks, a pair of quotes, or what ends a member of JSON or of a table."""
    said = said.strip().rstrip("|").rstrip()
    if said.startswith(("*", "_", "`")) or said.endswith(("**", "`")):
        said = said.strip("*_` ")
    if said[:1] in "\"'“" and said.endswith(","):
        said = said[:-1].rstrip()
    if len(said) > 1 and (said[0], said[-1]) in (('"', '"'), ("'", "'"), ("“", "”")):
        said = said[1:-1].strip()
    return said


def _is_short(text: str) -> bool:
    return len(text) <= _LONGEST_VALUE and "\n" not in text and len(text.split()) <= _MOST_WORDS


def _shown(text: str) -> str:
    """The beginning of a long answer, as its spelling."""
    return text if len(text) <= _LONGEST_SENTENCE else text[:_LONGEST_SENTENCE].rstrip() + "…"
