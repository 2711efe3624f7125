"""Text in and out of the models: products -> request messages, answer text -> votes."""

from ..configs.message import Message
from .asking.writing import Prompt, PromptWriter
from .reading.answer import read_answer
from .reading.vocabulary import READER_VERSION, Vocabulary
from .reading.vote import Vote

__all__ = [
    "READER_VERSION",
    "Message",
    "Prompt",
    "PromptWriter",
    "Vocabulary",
    "Vote",
    "read_answer",
]
