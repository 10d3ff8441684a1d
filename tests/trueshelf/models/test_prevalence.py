import numpy as np
import pytest

from trueshelf.models.prevalence import Prevalence


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_that_cannot_be_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="prevalence"):
        Prevalence(share)


def test_its_log_odds() -> None:
    assert Prevalence(0.2).log_odds == pytest.approx(np.log(0.25))
