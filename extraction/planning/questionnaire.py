"""What the config asks now: models, attributes, their prompts, and the digests of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...configs.settings import Attribute, ModelSettings, Settings
from ...prompts.asking.writing import PromptWriter
from ...prompts.reading.vocabulary import Vocabulary
from ..cache.digests import digest, model_part


@dataclass(frozen=True)
class Questionnaire:
    """What the config asks now, as the digests that cached answers are compared with.

    Attributes:
        models: The configured models.
        attributes: The configured attributes.
        writer: Writes their prompts.
    """

    models: tuple[ModelSettings, ...]
    attributes: tuple[Attribute, ...]
    writer: PromptWriter

    @classmethod
    def from_settings(cls, settings: Settings) -> Questionnaire:
        """All models and attributes of a config."""
        return cls(
            settings.models, settings.attributes, PromptWriter(settings.prompt, settings.attributes)
        )

    @cached_property
    def model_parts(self) -> tuple[bytes, ...]:
        """Digest of each model."""
        return tuple(model_part(model) for model in self.models)

    @cached_property
    def parts(self) -> tuple[bytes, ...]:
        """Digest of each attribute's part of the prompt."""
        return tuple(digest(self.writer.part_digest(attribute)) for attribute in self.attributes)

    @cached_property
    def vocabularies(self) -> tuple[Vocabulary, ...]:
        """The reader of each attribute."""
        return tuple(Vocabulary(attribute) for attribute in self.attributes)

    @cached_property
    def readers(self) -> tuple[bytes, ...]:
        """Digest of each attribute's reader."""
        return tuple(digest(vocabulary.digest) for vocabulary in self.vocabularies)

    def applies(self, categories: pa.Array) -> npt.NDArray[np.bool_]:
        """Which attributes apply to products of these categories, [n_products, n_attributes]."""
        encoded = pa.array(categories).dictionary_encode()
        names = [*encoded.dictionary.to_pylist(), None]
        table = np.array(
            [[attribute.applies(name) for attribute in self.attributes] for name in names], bool
        )
        codes: npt.NDArray[np.int64] = encoded.indices.fill_null(len(names) - 1).to_numpy(
            zero_copy_only=False
        )
        return table[codes]
