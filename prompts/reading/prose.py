"""Answers in words: refusals, and the answer to a question about one attribute.

Prose is read with restraint. A wrong vote costs the ensemble more than a missing one, so that a
sentence that names two listed values, or denies something, is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ...configs.normalization import bare_form, lookup_form, name_key
from .absence import is_absent, mentions_absence
from .answer_keys import ANSWER_KEYS
from .key_value_lines import LONGEST_LINE, MEMBER, MOST_LINES, LineValue, unwrap, without_bullet
from .vocabulary import Vocabulary
from .vote import Vote

_LONGEST_SENTENCE: Final = 240
_LONGEST_VALUE: Final = 100
_MOST_WORDS: Final = 10

_REFUSAL: Final = re.compile(
    r"(?:(?:well|hello|hi|ok|okay|unfortunately|sorry|my apologies)\W+(?:but )?)?"
    r"(?:(?:i'm|i am|we're|we are) (?:really |very |so )?(?:sorry|afraid|unable|not able)\b"
    r"|sorry(?:[,.!:]| but\b| i\b|$)|my apologies|i apologi[sz]e"
    r"|as an ai\b|as a(?: large)? language model"
    r"|(?:i|we) (?:cannot|can not|can't|could not|couldn't|won't|will not|must decline|do not feel"
    r"|don't feel)"
    r"(?:[.!,]|$| to\b| (?:\w+ly )?(?:help|assist|provide|answer|comply|do|fulfil+|complete|process"
    r"|extract|determine|give|identify|generate|engage|share|discuss|continue|respond|create"
    r"|perform|tell|say|see|access|offer|make)\b))"
)
# How a sentence begins that is no bare value.
_SPEECH: Final = re.compile(
    r"(?:the (?:product|title|text|item|description)"
    r"|(?:it|this(?: \w+){0,3}) (?:is|appears|seems|looks)|it's"
    r"|i (?:think|believe|would|guess)|based on|there (?:is|are)|here(?:'s| is| are)"
    r"|sure[,!.]|certainly[,!.]|of course|since|because|looking at|from the|in the|according to)"
    r"(?!\w)"
)
_SENTENCE: Final = re.compile(
    r"(?:so |thus |therefore |hence )?,?\s*(?:the |its |this |my )?(?P<name>[\w /'-]{1,60}?) "
    r"(?:(?:of|for) (?:the|this) product )?(?:is|would be|should be|must be)\s*:?\s+(?P<value>.+)",
    re.IGNORECASE,
)
_ANSWER_NAMES: Final = frozenset(
    f"{kind}{word}"
    for kind in ("", "final", "correct", "best", "my")
    for word in (*ANSWER_KEYS, "category")
)
_EMPHASIS: Final = re.compile(
    r"\*\*([^*\n]{1,100})\*\*|\\boxed\{(?:\\text\{)?([^{}\n]{1,100})\}|`([^`\n]{1,100})`"
)
_QUOTATION: Final = re.compile(r"[\"“]([^\"“”\n]{1,100})[\"”]|(?<!\w)'([^'\n]{1,100})'(?!\w)")
_FIRST_CLAUSE: Final = re.compile(
    r"([^\n.:;!,–—(]{1,100}?)\s*(?:([.:;!\n–—]|\s-\s|\((?!or\b|and\b|also\b|/))|[,(]|$)"
)
_DENIAL: Final = re.compile(
    r"\b(?:not|no|non|never|neither|nor|without|except|rather than|instead of|hardly|unlikely"
    r"|cannot)\b|n't\b"
)


def is_refusal(text: str) -> bool:
    """Whether a text begins as a refusal does."""
    beginning = lookup_form(text[:LONGEST_LINE]).lstrip("*_\"'> ")
    return _REFUSAL.match(beginning) is not None


def read_line(value: LineValue, vocabulary: Vocabulary) -> Vote:
    """Read the value of a `Key: value` line, in whatever words."""
    if isinstance(value, str):
        return read_words(value, vocabulary)
    return vocabulary.read(value)


def read_words(text: str, vocabulary: Vocabulary) -> Vote:
    """Read an answer to a question about one attribute, in whatever words."""
    text = text.strip()
    if not text:
        return vocabulary.unreadable_vote()
    if vocabulary.closed:
        return _read_choice(text, vocabulary)
    return _read_open(text, vocabulary)


def _read_choice(text: str, vocabulary: Vocabulary) -> Vote:
    """Read an answer that should be one listed value.

    It may be the whole answer, be stated to be the answer, be set off from the rest, or be the only
    value that is mentioned.
    """
    whole_vote = vocabulary.read(text) if len(text) <= _LONGEST_SENTENCE else None
    if whole_vote is not None and not whole_vote.missing:
        return whole_vote
    for statement in _statements(text, vocabulary):
        vote = _read_statement(statement, vocabulary)
        if not vote.missing:
            return vote
    mention = _emphasized_value(text, vocabulary)
    if mention is None:
        mention = _only_mention(text, vocabulary)
    if mention is not None and not mention.missing:
        return mention
    if is_refusal(text):
        return Vote(vocabulary.attribute, "refused", spelling=_excerpt(text))
    if mention is None and _is_short(text):
        return vocabulary.read(text)
    return vocabulary.unreadable_vote(_excerpt(text))


def _read_open(text: str, vocabulary: Vocabulary) -> Vote:
    """Read an answer that should be a short free text: the whole answer, or a statement of it."""
    if len(text) <= _LONGEST_SENTENCE:
        form = bare_form(lookup_form(text))
        if is_absent(form, listed=False):
            return vocabulary.read(unwrap(text))
    if is_refusal(text):
        return Vote(vocabulary.attribute, "refused", spelling=_excerpt(text))
    for statement in _statements(text, vocabulary):
        if _is_short(statement):
            return vocabulary.read(statement)
    if _is_short(text) and not _SPEECH.match(lookup_form(text)):
        return vocabulary.read(unwrap(text))
    return vocabulary.unreadable_vote(_excerpt(text))


def has_statement(text: str, vocabulary: Vocabulary) -> bool:
    """Whether a text states an answer (`Answer: male`), and does not only hold one."""
    return any(_statements(text, vocabulary))


def _statements(text: str, vocabulary: Vocabulary) -> Iterator[str]:
    """What lines such as `Answer: male` or `The gender is male.` state, the last one first."""
    names = _ANSWER_NAMES | {name_key(vocabulary.attribute)}
    end_of_text = text[-20 * LONGEST_LINE :]
    lines = end_of_text.split("\n")[-MOST_LINES:]
    for line in reversed(lines):
        content = without_bullet(line).strip()
        member = MEMBER.match(content)
        value = content[member.end() :] if member else ""
        if member is not None and value and name_key(member["name"]) in names:
            yield unwrap(value)
        else:
            yield from _statements_in_sentences(content, names)


def _statements_in_sentences(line: str, names: frozenset[str]) -> Iterator[str]:
    parts = re.split(r"(?<=[.!?,;])\s+", line)
    for part in parts[-20:]:
        sentence = _SENTENCE.match(part.lstrip("*_ "))
        if sentence is not None and name_key(sentence["name"]) in names:
            yield unwrap(sentence["value"].rstrip(".,;!"))


def _read_statement(statement: str, vocabulary: Vocabulary) -> Vote:
    """Read a stated value, with or without reasons behind it."""
    vote = vocabulary.read(statement)
    if not vote.missing:
        return vote
    mention = _only_mention(statement, vocabulary)
    return vote if mention is None else mention


def _first_clause(text: str, vocabulary: Vocabulary) -> Vote | None:
    """A listed value that is the first clause (`Male. The title says ...`).

    Before a comma it counts only if no other value is named.
    """
    clause = _FIRST_CLAUSE.match(text)
    if clause is None:
        return None
    vote = vocabulary.read(clause[1])
    if vote.state != "value":
        return None
    ends_a_sentence = clause[2] is not None
    if ends_a_sentence or _mentions_no_other(vote, text[:LONGEST_LINE], vocabulary):
        return vote
    return None


def _mentions_no_other(vote: Vote, text: str, vocabulary: Vocabulary) -> bool:
    """Whether a text names no listed value but the one voted for."""
    mentions = vocabulary.mentions(lookup_form(text))
    return set(mentions.values()) <= {vote.value}


def _emphasized_value(text: str, vocabulary: Vocabulary) -> Vote | None:
    """The one listed value that is bold, boxed or in code; or quoted, where no other is named."""
    text = text[-4 * LONGEST_LINE :]
    votes = _listed_values(_EMPHASIS, text, vocabulary)
    if votes:
        return votes[0] if len(votes) == 1 else None
    votes = _listed_values(_QUOTATION, text, vocabulary)
    if len(votes) != 1:
        return None
    (vote,) = votes
    return vote if _mentions_no_other(vote, text, vocabulary) else None


def _listed_values(pattern: re.Pattern[str], text: str, vocabulary: Vocabulary) -> list[Vote]:
    """The distinct listed values among a pattern's groups, each as it was spelt last."""
    vote_by_value = {}
    for match in pattern.finditer(text):
        # The groups are alternatives, so that one of them matched.
        value = match[match.lastindex or 0]
        vote = vocabulary.read(value)
        if vote.state == "value":
            vote_by_value[vote.value] = vote
    return list(vote_by_value.values())


def _only_mention(text: str, vocabulary: Vocabulary) -> Vote | None:
    """The one listed value that a short text names without denying anything, or that it says n/a.

    None where it does neither; unreadable where it is not clear.
    """
    first_clause = _first_clause(text, vocabulary)
    if first_clause is not None or len(text) > _LONGEST_SENTENCE:
        return first_clause
    sentence = lookup_form(text)
    mentions = vocabulary.mentions(sentence)
    says_absent = mentions_absence(sentence)
    if not mentions:
        return Vote(vocabulary.attribute, "absent", spelling=text) if says_absent else None
    phrase, value = next(iter(mentions.items()))
    is_ambiguous = len(set(mentions.values())) > 1
    if says_absent or is_ambiguous or _DENIAL.search(sentence):
        return vocabulary.unreadable_vote(text)
    place = re.search(re.escape(phrase), text, re.IGNORECASE)
    spelling = place[0] if place else phrase
    return Vote(vocabulary.attribute, "value", value, spelling)


def _is_short(text: str) -> bool:
    if len(text) > _LONGEST_VALUE or "\n" in text:
        return False
    return len(text.split()) <= _MOST_WORDS


def _excerpt(text: str) -> str:
    """The beginning of a long answer, as its spelling."""
    if len(text) <= _LONGEST_SENTENCE:
        return text
    return text[:_LONGEST_SENTENCE].rstrip() + "…"
