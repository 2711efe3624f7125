"""Current votes, laid out once per bucket: what most commands read in place of the raw answers.

    .attrx/votes/00000-of-00001.parquet   a row per cell, three columns per model

A file says in a digest what it was made from: the models, the attributes and their readers, and the
seals of the bucket's products and answers. Where that no longer fits, where a page of it is
damaged, or where it is gone, it is made anew from the raw answers: losing it loses nothing. So it
is in no manifest, and whoever may write to the cache folder writes it, without the lock.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from ...configs.errors import AttrxError
from ...ensemble.cells import Cells
from ...ensemble.votes import BucketVotes
from ..cache.answers_cache import AnswersCache
from ..cache.bucket_files import VOTES, BucketFile
from ..cache.digests import digest
from ..planning.questionnaire import Questionnaire
from ..storage.atomic_write import replacing
from ..storage.modes import make_subfolder

EDITION = "1"
"""Raised when such a file is laid out or selected in another way."""
DICTIONARY_BYTES = 1 << 26
"""Of the different texts of a column; beyond that Parquet writes each text out."""
_TEXTS = pa.dictionary(pa.int32(), pa.string())
Int32Array = npt.NDArray[np.int32]


class LaidOutVotes:
    """The files of one cache, for one config.

    Args:
        cache: The cache.
        questionnaire: What the config asks now.
        folder: Where they lie: the cache folder, or one for the products of an input.
    """

    def __init__(self, cache: AnswersCache, questionnaire: Questionnaire, folder: Path) -> None:
        self._cache = cache
        self._folder = folder
        self._n_models = len(questionnaire.models)
        self._config_digest = _config_digest(questionnaire)

    def read(self, bucket: int, products: pa.Table) -> BucketVotes | None:
        """The votes on the products of a bucket.

        Args:
            bucket: Number of the bucket.
            products: The products that `write` was given, sorted by id.

        Returns:
            None where they have to be read from the raw answers.
        """
        made_from = self._made_from(bucket)
        if made_from is None:
            return None
        try:
            with pq.ParquetFile(
                self._path(bucket), page_checksum_verification=True, pre_buffer=False
            ) as file:
                marks = file.schema_arrow.metadata or {}
                if marks.get(b"attrx.made_from") != made_from.encode():
                    return None
                table = file.read()
            return self._votes_of(table, products)
        except (OSError, pa.ArrowException, ValueError, KeyError):
            return None

    def write(self, bucket: int, votes: BucketVotes) -> None:
        """Lay out the votes on the products of a bucket, if the folder can be written to."""
        made_from = self._made_from(bucket)
        if made_from is None:
            return
        table = self._table_of(votes)
        marks = {
            "attrx.made_from": made_from,
            "attrx.starts": orjson.dumps(votes.cells.starts.tolist()).decode(),
            "attrx.has_text": _pack(votes.has_text),
        }
        path = self._path(bucket)
        with contextlib.suppress(OSError, AttrxError):
            make_subfolder(path.parent)
            with replacing(path, like_folder=True) as temporary:
                pq.write_table(
                    table.replace_schema_metadata(marks),
                    temporary,
                    compression="zstd",
                    compression_level=1,
                    row_group_size=max(table.num_rows, 1),
                    dictionary_pagesize_limit=DICTIONARY_BYTES,
                    write_page_checksum=True,
                    write_statistics=False,
                )

    def _path(self, bucket: int) -> Path:
        buckets = self._cache.buckets
        return self._folder / VOTES / f"{bucket:05d}-of-{buckets:05d}.parquet"

    def _made_from(self, bucket: int) -> str | None:
        """A digest of all that the votes of a bucket depend on.

        None while answers are on their way into it.
        """
        if not self._cache.is_compacted(bucket):
            return None
        seals = []
        for kind in ("products", "answers"):
            file = BucketFile(kind, bucket, self._cache.buckets)
            seals_of_file = self._cache.manifest.seals(file.name)
            seals.append([seal.digest for seal in seals_of_file])
        seals_in_json = orjson.dumps(seals).decode()
        made_from = digest(EDITION, self._config_digest, seals_in_json)
        return made_from.hex()

    def _table_of(self, votes: BucketVotes) -> pa.Table:
        rows = votes.cells.rows.astype(np.int32)
        columns: dict[str, pa.Array] = {"row": pa.array(rows)}
        for model in range(self._n_models):
            state = votes.state[:, model]
            value = votes.value[:, model]
            spelling = votes.spelling[:, model]
            columns[f"state {model}"] = pa.array(state)
            columns[f"value {model}"] = _encoded(value, votes.values)
            columns[f"spelling {model}"] = _encoded(spelling, votes.spellings)
        return pa.table(columns)

    def _votes_of(self, table: pa.Table, products: pa.Table) -> BucketVotes:
        marks = table.schema.metadata
        starts = orjson.loads(marks[b"attrx.starts"])
        has_text = _unpack(marks[b"attrx.has_text"], products.num_rows)
        rows = table.column("row").to_numpy()
        states = []
        values_of_models = []
        spellings_of_models = []
        for model in range(self._n_models):
            states.append(table.column(f"state {model}").to_numpy())
            values_of_models.append(table.column(f"value {model}"))
            spellings_of_models.append(table.column(f"spelling {model}"))
        state = np.stack(states, axis=1)
        value, values = _decoded(values_of_models)
        spelling, spellings = _decoded(spellings_of_models)
        cells = Cells(
            rows=rows.astype(np.int64),
            starts=np.array(starts, np.int64),
            n_rows=products.num_rows,
        )
        return BucketVotes(
            products=products,
            cells=cells,
            has_text=has_text,
            state=state,
            value=value,
            spelling=spelling,
            values=values,
            spellings=spellings,
        )


def _config_digest(questionnaire: Questionnaire) -> str:
    """Of what the config says about which vote counts for which cell."""
    models = []
    for model, part in zip(questionnaire.models, questionnaire.model_parts, strict=True):
        models.append([model.name, part.hex()])
    attributes = []
    for attribute, part, reader in zip(
        questionnaire.attributes,
        questionnaire.parts,
        questionnaire.readers,
        strict=True,
    ):
        digests = [part.hex(), reader.hex()]
        attributes.append([attribute.name, digests, attribute.applies_to])
    in_json = orjson.dumps([models, attributes]).decode()
    return digest(in_json).hex()


def _encoded(codes: Int32Array, texts: pa.StringArray) -> pa.DictionaryArray:
    """Texts by their places, null where a place is below 0; those alone that occur."""
    occurs = np.zeros(len(texts) + 1, np.bool_)
    occurs[codes] = True  # -1 marks the last, which is no text
    places = np.flatnonzero(occurs[:-1])
    new_code = np.full(len(texts) + 1, -1, np.int32)
    new_code[places] = np.arange(len(places))
    indices = new_code[codes]
    indices_or_null = pa.array(indices, mask=indices < 0)
    own_texts = texts.take(pa.array(places))
    return pa.DictionaryArray.from_arrays(indices_or_null, own_texts.cast(pa.string()))


def _decoded(columns: Sequence[pa.ChunkedArray]) -> tuple[Int32Array, pa.StringArray]:
    """[n_cells, n_columns] places in texts, -1 where there is none; and the texts."""
    chunks: list[pa.DictionaryArray] = []
    for column in columns:
        chunks += column.chunks
    together = pa.chunked_array(chunks, _TEXTS)
    together = together.unify_dictionaries()
    texts = pa.array([], pa.string())
    codes = [np.zeros(0, np.int32)]
    for chunk in together.chunks:
        texts = chunk.dictionary
        indices = chunk.indices.fill_null(-1)
        codes.append(indices.to_numpy())
    all_codes = np.concatenate(codes)
    by_column = all_codes.reshape(len(columns), -1)
    return np.ascontiguousarray(by_column.T), texts


def _pack(flags: npt.NDArray[np.bool_]) -> str:
    return np.packbits(flags).tobytes().hex()


def _unpack(text: bytes, count: int) -> npt.NDArray[np.bool_]:
    content = bytes.fromhex(text.decode())
    packed_flags = np.frombuffer(content, np.uint8)
    flags = np.unpackbits(packed_flags, count=count)
    return flags.astype(np.bool_)
