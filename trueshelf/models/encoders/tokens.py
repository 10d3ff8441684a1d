"""Texts as the token ids that a text encoder reads.

Legend: B batch, T tokens of the longest text in it.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from trueshelf.models.encoders.spec import TextSpec

INPUT_IDS = "input_ids"
ATTENTION_MASK = "attention_mask"


class TokenReader:
    """Reads texts with the `tokenizer.json` in `path` and cuts them to `spec`'s length."""

    def __init__(self, path: Path, spec: TextSpec) -> None:
        self._tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
        self._padding: int = (self._tokenizer.padding or {}).get("pad_id", 0)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(spec.max_tokens)

    def read(self, texts: Sequence[str]) -> list[list[int]]:
        """Each text's token ids; never none, since an empty text is read as padding if the model marks no beginning.

        Raises:
            TypeError: a text has a lone surrogate, which is no character.
        """
        return [encoding.ids or [self._padding] for encoding in self._tokenizer.encode_batch(list(texts))]

    def batch(self, tokens: Sequence[Sequence[int]]) -> dict[str, NDArray[np.int64]]:
        """Token ids [B,T] of several texts, padded on the right, and the mask [B,T] that is 1 where there is text."""
        lengths_b = np.array([len(ids) for ids in tokens])
        mask_bt = (np.arange(lengths_b.max()) < lengths_b[:, np.newaxis]).astype(np.int64)
        ids_bt = np.full_like(mask_bt, self._padding)
        for row, ids in zip(ids_bt, tokens, strict=True):
            row[: len(ids)] = ids
        return {INPUT_IDS: ids_bt, ATTENTION_MASK: mask_bt}
