"""What `/v1/model` tells: the model that answers, and what is known of its place in the registry."""

from serving.classify import responses as out
from serving.classify.model import ModelSlot, Refusal, ServedModel, Serving
from serving.classify.shadow import Shadow
from serving.classify.wire import encodable, model_of


def details_of(serving: Serving, slot: ModelSlot, shadow: Shadow, *, limits: out.LimitsOut) -> out.ModelDetailsOut:
    """The model that answers, and what is known of its place in the registry."""
    model, followed, challenger = serving.model, slot.followed, shadow.challenger
    away = None if slot.away is None else encodable(slot.away)
    return out.ModelDetailsOut(
        **dict(model_of(model)),
        digest=model.digest,
        source=serving.source,
        registered=_registered(model),
        serving_since=serving.since,
        followed=None
        if followed is None
        else out.FollowedOut(address=followed.address, seconds=followed.seconds, away=away),
        refused=_refused(slot.refused),
        challenger=out.ChallengerOut(
            version=None if challenger is None else challenger.version,
            registered=None if challenger is None else _registered(challenger),
            share=shadow.share,
            refused=_refused(shadow.refused),
        ),
        limits=limits,
        card=model.card,
    )


def _registered(model: ServedModel) -> out.RegisteredOut | None:
    found = model.registered
    return None if found is None else out.RegisteredOut(version=found.version, run_id=found.run_id)


def _refused(refusal: Refusal | None) -> out.RefusedOut | None:
    if refusal is None:
        return None
    found, why = refusal.found, encodable(refusal.why)
    return out.RefusedOut(version=found.version, run_id=found.run_id, why=why, at=refusal.at)
