"""Tiny encoders with random weights, and the graphs exported from them once a session."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from transformers import BertConfig, BertModel, BertTokenizer

from trueshelf.models.encoders import ImageEncoder, TextEncoder
from trueshelf.models.encoders.efficientnet_lite import EfficientNetLiteConfig, EfficientNetLiteModel
from trueshelf.models.encoders.export import export_image_encoder, export_text_encoder
from trueshelf.models.encoders.sources import ImageModule, ImageSource, TextSource, lite_spec, load_text_encoder

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = [prefix + letter for letter in "abcdefghijklmnopqrstuvwxyz0123456789" for prefix in ("", "##")]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Two threads of PyTorch crawl when another process holds a core."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def image_source() -> ImageSource:
    """An EfficientNet-Lite for 32-pixel photos with every kind of block, whose batch norms have seen something."""
    torch.manual_seed(0)
    config = EfficientNetLiteConfig(width=0.2, depth=0.5, image_size=32, hidden_size=24)
    module = ImageModule(EfficientNetLiteModel(config), pooled=True).train()
    with torch.no_grad():
        for _ in range(20):
            module(torch.randn(16, 3, 32, 32))
    return ImageSource(module.eval(), lite_spec("tiny", config))


@pytest.fixture(scope="session")
def bert_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT as `save_pretrained` leaves it; its tokenizer knows letters and digits."""
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    vocabulary = {token: index for index, token in enumerate(SPECIAL + LETTERS)}
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=48,
        initializer_range=0.3,
    )
    BertModel(config).save_pretrained(folder)
    BertTokenizer(vocab=vocabulary, model_max_length=40).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def text_source(bert_folder: Path) -> TextSource:
    return load_text_encoder(str(bert_folder))


@pytest.fixture(scope="session")
def image_graph(image_source: ImageSource, shared_folder: Path) -> Path:
    path = shared_folder / "tiny-image" / "encoder.onnx"
    with FileLock(shared_folder / "tiny-image.lock"):
        if not path.exists():
            path.parent.mkdir()
            export_image_encoder(image_source.module, image_source.spec, path)
    return path


@pytest.fixture(scope="session")
def text_graph(text_source: TextSource, shared_folder: Path) -> Path:
    path = shared_folder / "tiny-text" / "encoder.onnx"
    with FileLock(shared_folder / "tiny-text.lock"):
        if not path.exists():
            path.parent.mkdir()
            export_text_encoder(text_source.module, text_source.spec, path)
    return path


@pytest.fixture(scope="session")
def tokenizer(text_source: TextSource, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    path.write_text(text_source.tokenizer, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def image_encoder(image_graph: Path, image_source: ImageSource) -> ImageEncoder:
    return ImageEncoder.open(image_graph, image_source.spec)


@pytest.fixture(scope="session")
def text_encoder(text_graph: Path, tokenizer: Path, text_source: TextSource) -> TextEncoder:
    return TextEncoder.open(text_graph, tokenizer, text_source.spec)
