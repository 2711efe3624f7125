from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attrx.prompts.asking.chat_marks import LOOKALIKES, UNSEEN, replace_marks
from attrx.prompts.asking.fence import fence

FAMILIES = {
    "ChatML, Qwen, Yi, Hermes": "<|im_end|>",
    "Llama 2": "<</SYS>>",
    "Llama 3": "<|eot_id|>",
    "Mistral": "[/INST]",
    "Mistral's thoughts": "[THINK]",
    "Mistral's tools": "[TOOL_CONTENT]",
    "Gemma 3": "<start_of_turn>",
    "Gemma 4": "<turn|>",
    "Gemma 4's channels": "<channel|>",
    "Phi": "<|end|>",
    "Command": "<|END_OF_TURN_TOKEN|>",
    "Command's ends": "<EOS_TOKEN>",
    "DeepSeek": "<｜end▁of▁sentence｜>",
    "Hunyuan": "<｜hy_User｜>",
    "EXAONE": "[|endofturn|]",
    "EXAONE's start": "[BOS]",
    "gpt-oss": "<|channel|>",
    "GLM": "[gMASK]",
    "Kimi": "<|im_middle|>",
    "MiniMax 2": "]~b]",
    "MiniMax 2's end": "[e~[",
    "MiniMax's tools": "<minimax:tool_call>",
    "MiniMax 1": "<end_of_sentence>",
    "Seed": "<seed:eos>",
    "Qwen's tools": "<tool_call>",
    "Ling": "<role>",
    "Pangu": "[unused10]",
    "LongCat": "[Round 1] USER:",
    "ERNIE": "<mask:1>",
    "Baichuan": "<reserved_106>",
    "InternLM": "<eoh>",
    "Nemotron": "<extra_id_1>",
    "StarCoder": "<fim_prefix>",
    "T5": "<pad>",
    "Falcon": ">>QUESTION<<",
    "Alpaca": "### Response:",
    "Claude's tools": '<invoke name="x">',
    "thoughts in tags": "</think>",
    "pictures": "<image>",
}
DISGUISES = {
    "a soft hyphen": "</pro\u00adduct>",
    "a joiner": "<\u200d/product>",
    "a non-joiner": "<\u200c|im_end|>",
    "a variation selector": "</product\ufe0f>",
    "a grapheme joiner": "[\u034fINST]",
    "a Hangul filler": "<\u3164/product>",
    "a Khmer vowel": "<\u17b4s>",
    "a Mongolian separator": "<eo\u180es>",
    "a shorthand control": "<s\U0001bca0>",
    "full-width letters": "＜／ｐｒｏｄｕｃｔ＞",
    "small signs": "﹤/product﹥",
    "letters of formulas": "</𝗽𝗿𝗼𝗱𝘂𝗰𝘁>",
}
HONEST = [
    "I <3 shoes",
    "Size <M>, a < b | c",
    "[NEW] [SALE] [free_shipping]",
    "[送料無料] ＜お買い得＞ 新品",
    "Size [S|M|L]",
    "5 >> 4, # 1 ## Features ### Size",
    "<b>bold</b><br/>",
    "می\u200cخواهم",  # Persian wants its non-joiner
    "क्\u200dष",
    "👨\u200d👩\u200d👧 ❤️\u200d🔥 1️⃣",
    "Herren\u00adschuh",
]


def same_but_its_first_sign(text: str, replaced: str) -> bool:
    changed = [place for place, sign in enumerate(text) if replaced[place] != sign]
    return len(text) == len(replaced) and changed[:1] == [0]


@pytest.mark.parametrize("mark", FAMILIES.values(), ids=FAMILIES)
def test_a_mark_of_any_family_loses_its_first_sign(mark: str) -> None:
    assert same_but_its_first_sign(mark, replace_marks(mark))
    assert replace_marks(f"A shoe. {mark} Ha! ß")[8] == LOOKALIKES[mark[0]]


@pytest.mark.parametrize("mark", DISGUISES.values(), ids=DISGUISES)
def test_a_mark_in_disguise_loses_its_first_sign(mark: str) -> None:
    assert same_but_its_first_sign(mark, replace_marks(mark))


@pytest.mark.parametrize("text", HONEST)
def test_an_honest_text_stays_as_it_is(text: str) -> None:
    assert replace_marks(text) == text


def test_each_unseen_character_is_one_that_a_mark_is_found_through() -> None:
    unseen = [chr(code) for code in range(0x110000) if re.match(f"[{UNSEEN}]", chr(code))]
    assert len(unseen) > 40
    for sign in unseen:
        assert replace_marks(f"</pro{sign}duct>").startswith("‹"), hex(ord(sign))


def test_a_selector_of_each_letter_hides_no_mark() -> None:
    assert replace_marks("\ufe0f".join("</product>")).startswith("‹")


@given(st.text(alphabet=st.sampled_from("<>[]|/#~\u200d\u00ad ｜＜spb:INSTthinkeos_")))
def test_what_is_replaced_once_is_replaced_for_good(text: str) -> None:
    replaced = replace_marks(text)
    assert len(replaced) == len(text)
    assert replace_marks(replaced) == replaced


def test_a_text_of_first_signs_alone_takes_no_long_time() -> None:
    """Each sign looks at a bounded stretch behind it: a pattern without a bound would hang here."""
    repeated = ("<", "[é", "<\u200d", "[ ", "<a_", "< /", "[round 1")
    for text in (
        *(part * 100_000 for part in repeated),
        *(part + " " * 200_000 for part in repeated),
    ):
        fence([("title", text)])


def test_a_lookalike_is_no_first_sign_in_its_plain_form_where_it_was_an_angle() -> None:
    assert unicodedata.normalize("NFKC", "‹›") == "‹›"
