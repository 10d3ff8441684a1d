"""The packaged networks, and photos with writing in them."""

import pytest

from training.readers import reader_graphs
from trueshelf.models.inscriptions import InscriptionReader


@pytest.fixture(scope="session")
def reader() -> InscriptionReader:
    return reader_graphs().open()
