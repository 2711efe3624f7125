"""What the config asks now: models, attributes, their prompts, and the digests of all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...configs.languages import DecimalSign
from ...configs.scopes import Scopes
from ...configs.settings import Attribute, ModelSettings, Settings
from ...ensemble.cells import Cells
from ...prompts.asking.writing import PromptWriter
from ...prompts.reading.vocabulary import Vocabulary
from ...providers.calling.token_limit import TokenLimits, token_limits
from ...providers.registry import facts_of
from ..cache.digests import digest, model_part
from .arrow_arrays import as_int


@dataclass(frozen=True)
class Questionnaire:
    """What the config asks now, as the digests that cached answers are compared with.

    Attributes:
        models: The configured models.
        attributes: The configured attributes.
        writer: Writes their prompts.
        decimal_sign: The sign before decimals in the catalog's language.
    """

    models: tuple[ModelSettings, ...]
    attributes: tuple[Attribute, ...]
    writer: PromptWriter
    decimal_sign: DecimalSign = "point"

    @classmethod
    def from_settings(
        cls, settings: Settings, decimal_sign: DecimalSign = "point"
    ) -> Questionnaire:
        """All models and attributes of a config."""
        writer = PromptWriter(settings.prompt, settings.attributes)
        return cls(settings.models, settings.attributes, writer, decimal_sign)

    @cached_property
    def model_parts(self) -> tuple[bytes, ...]:
        """Digest of each model."""
        return tuple(map(model_part, self.models))

    @cached_property
    def token_limits(self) -> tuple[TokenLimits, ...]:
        """How many tokens the answers of each model may have."""
        return tuple(token_limits(model, facts_of(model)) for model in self.models)

    @cached_property
    def parts(self) -> tuple[bytes, ...]:
        """Digest of each attribute's part of the prompt."""
        digests = map(self.writer.part_digest, self.attributes)
        return tuple(map(digest, digests))

    @cached_property
    def vocabularies(self) -> tuple[Vocabulary, ...]:
        """The reader of each attribute."""
        return tuple(Vocabulary(attribute, self.decimal_sign) for attribute in self.attributes)

    @cached_property
    def readers(self) -> tuple[bytes, ...]:
        """Digest of each attribute's reader."""
        return tuple(digest(vocabulary.digest) for vocabulary in self.vocabularies)

    @cached_property
    def _scopes(self) -> Scopes:
        return Scopes(self.attributes)

    def models_with(self, part: bytes) -> list[int]:
        """Indices of the models with this digest: one model may have several names."""
        indices = []
        for index, model_digest in enumerate(self.model_parts):
            if model_digest == part:
                indices.append(index)
        return indices

    def attributes_with(self, parts: Iterable[bytes]) -> list[int]:
        """Indices of the attributes with these digests, others left out."""
        indices = []
        for part in parts:
            if part in self.parts:
                indices.append(self.parts.index(part))
        return indices

    def cells(self, products: pa.Table) -> Cells:
        """The cells of some products: the attributes that apply to their categories.

        Args:
            products: Table with `category`.
        """
        categories = products.column("category").combine_chunks().dictionary_encode()
        names = categories.dictionary.to_pylist()
        place_of_none = len(names)
        names.append(None)
        applies_to_name = [self._scopes.of(name) for name in names]
        place = as_int(categories.indices, null=place_of_none)
        used_places, category = np.unique(place, return_inverse=True)
        applies = np.array(applies_to_name, np.bool_)
        return Cells.of_categories(category, applies[used_places])

    def no_votes(self, cells: Cells) -> npt.NDArray[np.bool_]:
        """[n_cells, n_models] bool, all False."""
        shape = (len(cells), len(self.models))
        return np.zeros(shape, np.bool_)
