"""The settings of the recipe `listings`."""

from dataclasses import dataclass
from typing import Literal

from training.bounds import require
from training.data.prevalence import prevalence_of
from training.data.trust import trust_of
from training.fit import FitConfig
from training.loss import Loss


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingsConfig:
    """Settings of the recipe.

    Attributes:
        image_encoder: efficientnet-lite0, efficientnet-lite2, a Hugging Face id or a local folder.
        text_encoder: minilm-l6, a Hugging Face id or a local folder.
        fine_tune: how many of the image encoder's last stages learn from the training photos first; 0 leaves it frozen.
        marks: whether brand marks are looked for in photos and compared with true ones; an experiment (decision 14).
        grid: each photo is seen whole and in grid × grid close views; 0 for the whole only.
        ocr: whether writing is read in photos that look as if they had any.
        members: networks trained from different seeds, whose logits are averaged.
        trees: rounds of boosting, whose logits count twice as much as those of all networks; 0 for networks alone.
        hidden: width of every modality's vector.
        dropout: share of units dropped in training.
        modality_dropout: how often a listing loses a modality in training, so that verdicts bear its absence.
        shop_dropout: the share of training listings of whose shop nothing is known, and of as many its history is not.
        learning_rate: of AdamW at the start of a cosine.
        weight_decay: of AdamW.
        batch: listings in a step, over all processes; 0 to choose it by how many there are, which from 4,096 on also
            raises the learning rate and lowers epochs and patience (`training.fit.paced`).
        accumulate: in how many parts a process reads its share of a batch, where memory is short.
        epochs: at most.
        patience: epochs without a better validation PR-AUC after which training stops.
        alpha: the highest tolerated rate of automatic action on listings that do not deserve it.
        confidence: with which that must hold.
        review_capacity: the share of all listings that people can look at.
        by_category: whether the rate holds in each category with enough sellers, or over all listings together only.
        prevalence: the share of "yes" in the field, such as `counterfeit=0.02`, which probabilities and review capacity
            are then for; the dataset's own where none is stated. See `training.data.prevalence`.
        int8: whether the bundle offers int8 encoders too, for which the calibration listings are looked at once more.
        trust: how much answers count in training by their provenance, such as `report=0.5`; see `training.data.trust`.
        auxiliary: the weight of telling category and claimed brand from the photos alone and from the text alone, in
            training only; see `training.auxiliary`.
        smoothing: of answers, some of which are wrong.
        robustness: q of generalised cross-entropy, which surely wrong answers move less; 0 is cross-entropy.
        suspects: whether training answers that are probably wrong are kept, or dropped as if nobody had given them.
        seed: of everything random.
    """

    image_encoder: str = "efficientnet-lite0"
    text_encoder: str = "minilm-l6"
    fine_tune: int = 0
    marks: bool = False
    grid: int = 2
    ocr: bool = True
    members: int = 2
    trees: int = 250
    hidden: int = 96
    dropout: float = 0.5
    modality_dropout: float = 0.15
    shop_dropout: float = 0.15
    learning_rate: float = 1e-3
    weight_decay: float = 0.1
    batch: int = 0
    accumulate: int = 1
    epochs: int = 40
    patience: int = 8
    alpha: float = 0.01
    confidence: float = 0.95
    review_capacity: float = 0.05
    by_category: bool = True
    prevalence: tuple[str, ...] = ()
    int8: bool = True
    trust: tuple[str, ...] = ()
    auxiliary: float = 0.0
    smoothing: float = 0.0
    robustness: float = 0.0
    suspects: Literal["keep", "drop"] = "keep"
    seed: int = 0

    def __post_init__(self) -> None:
        require(self, at_least=dict.fromkeys(("members", "hidden", "accumulate", "epochs", "patience"), 1))
        require(
            self,
            at_least=dict.fromkeys(
                (
                    "fine_tune",
                    "grid",
                    "trees",
                    "dropout",
                    "modality_dropout",
                    "shop_dropout",
                    "weight_decay",
                    "batch",
                    "auxiliary",
                    "seed",
                ),
                0,
            ),
        )
        require(self, above=dict.fromkeys(("learning_rate", "alpha", "confidence", "review_capacity"), 0))
        shares = ("dropout", "modality_dropout", "alpha", "confidence", "review_capacity")
        require(self, below=dict.fromkeys(shares, 1) | {"shop_dropout": 0.5})
        softness = dict.fromkeys(("smoothing", "robustness"), 0)
        require(self, at_least=softness, below=dict.fromkeys(softness, 1))
        trust_of(self.trust)
        prevalence_of(self.prevalence)

    def fit(self, member: int) -> FitConfig:
        """The settings of one member's training."""
        return FitConfig(
            hidden=self.hidden,
            dropout=self.dropout,
            modality_dropout=self.modality_dropout,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            batch=self.batch,
            accumulate=self.accumulate,
            epochs=self.epochs,
            patience=self.patience,
            seed=self.seed + member,
            loss=Loss(self.smoothing, self.robustness),
            auxiliary=self.auxiliary,
        )
