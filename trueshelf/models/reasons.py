"""What can move a verdict, as codes; sentences for people are in `reason_labels`."""

from enum import StrEnum


class ReasonCode(StrEnum):
    """Why a verdict is what it is. A stored code never changes its meaning."""

    PHOTOS = "photos"
    TEXT = "text"
    WORDING = "wording"
    SIGNALS = "signals"

    PHOTOS_IN_FAVOUR = "photos_in_favour"
    TEXT_IN_FAVOUR = "text_in_favour"
    WORDING_IN_FAVOUR = "wording_in_favour"
    SIGNALS_IN_FAVOUR = "signals_in_favour"

    BRAND_LOOKALIKE = "brand_lookalike"
    BRAND_CONTRADICTED = "brand_contradicted"
    REPLICA_TERM = "replica_term"
    AUTHENTICITY_INSISTED = "authenticity_insisted"
    CONTACT_OUTSIDE = "contact_outside"
    LETTERS_DISGUISED = "letters_disguised"
    PRICE_FAR_BELOW = "price_far_below"
    DISCOUNT_TOO_DEEP = "discount_too_deep"
    PHOTO_OF_KNOWN_FAKE = "photo_of_known_fake"
    PHOTO_TAKEN_FROM_OTHERS = "photo_taken_from_others"
    SHOP_FOUND_SELLING_FAKES = "shop_found_selling_fakes"
    SHOP_NEW_AND_UNCHECKED = "shop_new_and_unchecked"
    SHOP_AUTHORISED = "shop_authorised"

    NO_PHOTO = "no_photo"
    PHOTO_TINY = "photo_tiny"
    PHOTO_BLURRED = "photo_blurred"
    PHOTO_BADLY_LIT = "photo_badly_lit"
    PHOTO_BLOCKY = "photo_blocky"
    PHOTO_WATERMARKED = "photo_watermarked"
    PHOTO_COLLAGE = "photo_collage"
    PHOTO_SCREENSHOT = "photo_screenshot"
    PHOTO_REPEATED = "photo_repeated"
    PHOTO_TEXT_CONTACT = "photo_text_contact"
    PHOTO_TEXT_REPLICA = "photo_text_replica"
    PHOTO_TEXT_OTHER_BRAND = "photo_text_other_brand"
    PHOTO_STOCK = "photo_stock"
    TITLE_EMPTY = "title_empty"
    TITLE_STUFFED = "title_stuffed"
    TITLE_SHOUTED = "title_shouted"
    DESCRIPTION_MISSING = "description_missing"
    DESCRIPTION_COPIED = "description_copied"

    MARK_DIFFERS = "mark_differs"
    MARK_OF_ANOTHER_BRAND = "mark_of_another_brand"


AGAINST = frozenset({ReasonCode.PHOTOS, ReasonCode.TEXT, ReasonCode.WORDING, ReasonCode.SIGNALS})
"""Codes for everything that one kind of input contributed, where it speaks against the listing."""

IN_FAVOUR = frozenset(
    {
        ReasonCode.PHOTOS_IN_FAVOUR,
        ReasonCode.TEXT_IN_FAVOUR,
        ReasonCode.WORDING_IN_FAVOUR,
        ReasonCode.SIGNALS_IN_FAVOUR,
    }
)
"""The same, where it speaks for the listing."""

MODALITIES = AGAINST | IN_FAVOUR
"""Codes for what one kind of input contributed; the others name one thing found."""
