import logging

from training.readers import reader_graphs


def test_the_networks_come_with_the_package_and_say_which() -> None:
    graphs = reader_graphs()
    assert graphs.spec.source.startswith("rapidocr ")
    assert graphs.detector.is_file()
    assert graphs.recogniser.is_file()


def test_opening_them_leaves_logging_alone() -> None:
    reader_graphs().open()
    assert "RapidOCR" not in logging.Logger.manager.loggerDict
