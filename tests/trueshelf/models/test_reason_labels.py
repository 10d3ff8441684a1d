"""The sentences that people act on, word for word."""

from trueshelf.models.reason_labels import LABELS_FOR_SELLERS, LABELS_FOR_STAFF
from trueshelf.models.reasons import IN_FAVOUR, MODALITIES, ReasonCode
from trueshelf.models.signals import LIMITS

GOLDEN = {
    "photos": (
        "The photos as a whole raised the score.",
        "Something in your photos needs to be looked at.",
    ),
    "text": (
        "What the title and the description say raised the score.",
        "Something in your title or description needs to be looked at.",
    ),
    "wording": (
        "The way that words are chosen and spelt raised the score.",
        "Something in the wording of your listing needs to be looked at.",
    ),
    "signals": (
        "The figures measured on it (price, names, photos, layout, shop) raised the score.",
        "Something in the details of your listing or shop, such as the price, needs to be looked at.",
    ),
    "photos_in_favour": (
        "The photos as a whole lowered the score.",
        "Your photos speak for the listing.",
    ),
    "text_in_favour": (
        "What the title and the description say lowered the score.",
        "Your title and description speak for the listing.",
    ),
    "wording_in_favour": (
        "The way that words are chosen and spelt lowered the score.",
        "The wording of your listing speaks for it.",
    ),
    "signals_in_favour": (
        "The figures measured on it (price, names, photos, layout, shop) lowered the score.",
        "The details of your listing or shop, such as the price, speak for it.",
    ),
    "brand_lookalike": (
        "The text has a name that looks like a brand but is spelt differently.",
        "A brand name in your listing is not spelt as the brand spells it. Please correct it.",
    ),
    "brand_contradicted": (
        "The brand field and the title name different brands.",
        "Your title and your brand field name different brands. Please make them agree.",
    ),
    "replica_term": (
        "The text has a word that sellers use for copies.",
        "Your listing has a term that is used for copies. Copies may not be sold here.",
    ),
    "authenticity_insisted": (
        "The text insists unusually often that the article is genuine.",
        "Please describe the article itself; proofs of origin can be handed in instead.",
    ),
    "contact_outside": (
        "The text leads buyers to contact or payment outside the marketplace.",
        "Please remove contact and payment details; buyers write and pay here only.",
    ),
    "letters_disguised": (
        "The text has invisible characters, or words that mix alphabets.",
        "Please write your listing with ordinary letters, without invisible characters.",
    ),
    "price_far_below": (
        "The price is far below what this brand usually costs in this category.",
        "Your price is far below what this brand usually costs. Please check it.",
    ),
    "discount_too_deep": (
        "The price is an implausibly small part of the price shown as the former one.",
        "The former price beside your price is implausibly high. Please check both.",
    ),
    "photo_of_known_fake": (
        "A photo is the same picture as one of a known counterfeit of another seller.",
        "Please use your own photos of the very article that you offer.",
    ),
    "photo_taken_from_others": (
        "A photo is the same picture as one of another's genuine article.",
        "Please use your own photos instead of pictures that are somebody else's.",
    ),
    "shop_found_selling_fakes": (
        "Earlier listings of the shop were found to be counterfeit.",
        "Earlier listings of your shop were found to be counterfeit. You can appeal.",
    ),
    "shop_new_and_unchecked": (
        "The shop was registered in the 30 days before, and is not certified.",
        "Your shop is not certified yet. You can have it certified at any time.",
    ),
    "shop_authorised": (
        "The shop is on file as authorised to sell this brand.",
        "Your shop is on file as authorised to sell this brand.",
    ),
    "no_photo": (
        "The listing has no photo.",
        "Please add a photo of the article.",
    ),
    "photo_tiny": (
        "A photo has too few pixels to show the article.",
        "Please use a larger photo.",
    ),
    "photo_blurred": (
        "A photo is blurred.",
        "Please use a sharp photo.",
    ),
    "photo_badly_lit": (
        "A photo is too dark or too bright to show the article.",
        "Please use a photo that is neither too dark nor too bright.",
    ),
    "photo_blocky": (
        "A photo shows strong compression blocks, as repeatedly saved pictures do.",
        "Please use the original photo instead of one that was saved many times.",
    ),
    "photo_watermarked": (
        "A photo probably carries a watermark.",
        "Please use your own photo, without text or marks over it.",
    ),
    "photo_collage": (
        "A photo is probably put together from several pictures.",
        "Please upload single photos instead of several put together in one.",
    ),
    "photo_screenshot": (
        "A photo is probably a screenshot.",
        "Please use a photo of the article instead of a screenshot.",
    ),
    "photo_stock": (
        "A photo is a stock photo that many sellers use.",
        "Please add photos of your own article beside pictures that others use too.",
    ),
    "photo_repeated": (
        "The listing shows the same photo more than once.",
        "Please show each photo once.",
    ),
    "photo_text_contact": (
        "Writing in a photo leads buyers to contact or payment outside the marketplace.",
        "Please use photos without contact and payment details in them.",
    ),
    "photo_text_replica": (
        "Writing in a photo has a word that sellers use for copies.",
        "A photo has a term that is used for copies. Copies may not be sold here.",
    ),
    "photo_text_other_brand": (
        "A photo shows the name of another brand than the listing claims.",
        "A photo and your text name different brands. Please make them agree.",
    ),
    "title_empty": (
        "The title is empty or has no word in it.",
        "Please write a title.",
    ),
    "title_stuffed": (
        "The title is a heap of keywords, repeated words or several brands.",
        "Please write a short title that names the one article on offer.",
    ),
    "title_shouted": (
        "Most of the title is in capital letters.",
        "Please write the title in ordinary letters instead of capitals.",
    ),
    "description_missing": (
        "The description is missing.",
        "Please write a description.",
    ),
    "description_copied": (
        "The description only repeats the title.",
        "Please write a description that says more than the title.",
    ),
    "mark_differs": (
        "The brand's mark in a photo differs from the true mark.",
        "Please add sharp photos that show the brand's mark on the article.",
    ),
    "mark_of_another_brand": (
        "A photo shows the mark of a brand that the listing does not name.",
        "Your photos and your brand field show different brands. Please make them agree.",
    ),
}


def test_the_labels_are_the_golden_ones() -> None:
    assert {code.value: (LABELS_FOR_STAFF[code], LABELS_FOR_SELLERS[code]) for code in ReasonCode} == GOLDEN


def test_every_code_is_labelled_and_has_a_limit_or_is_a_modality() -> None:
    assert set(LABELS_FOR_STAFF) == set(LABELS_FOR_SELLERS) == set(ReasonCode)
    assert set(LIMITS) == set(ReasonCode) - MODALITIES


def test_what_speaks_for_a_listing_asks_nothing_of_its_seller() -> None:
    for code in IN_FAVOUR:
        assert "needs to be" not in LABELS_FOR_SELLERS[code]
        assert "Please" not in LABELS_FOR_SELLERS[code]


def test_sellers_are_not_told_how_it_is_found() -> None:
    for label in LABELS_FOR_SELLERS.values():
        for word in ("score", "model", "typosquat", "threshold", "invisible to", "detect"):
            assert word not in label
