"""Text in and out of the models: products -> request messages, answer text -> votes."""

from .reading import read_answer
from .vocabulary import READER_VERSION, Vocabulary
from .votes import State, Vote
from .writing import Message, Prompt, PromptWriter

__all__ = [
    "READER_VERSION",
    "Message",
    "Prompt",
    "PromptWriter",
    "State",
    "Vocabulary",
    "Vote",
    "read_answer",
]
