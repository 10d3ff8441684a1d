from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from trueshelf.client.protocol import seconds_until


@pytest.mark.parametrize(("told", "seconds"), [("7", 7), ("0", 0), (None, None), ("soon", None), ("-3", None)])
def test_retry_after_in_seconds(told: str | None, seconds: float | None) -> None:
    assert seconds_until(told) == seconds


def test_retry_after_as_a_date() -> None:
    found = seconds_until(format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True))

    assert found is not None
    assert 3_600 < found <= 7_200
    assert seconds_until("Wed, 21 Oct 2015 07:28:00 GMT") == 0
