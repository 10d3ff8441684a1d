from training.forgetting import Forgetting
from trueshelf.listings import Certification, ShopContext
from trueshelf.testing import make_listing

SHOP = ShopContext(certification=Certification.BASIC, listings=3, found_counterfeit=1)
LISTINGS = [make_listing(id=str(number), photos=(), shop=SHOP) for number in range(2_000)]


def test_a_share_forgets_the_shop_and_as_many_its_history() -> None:
    shops = [listing.shop for listing in map(Forgetting(0.2), LISTINGS)]
    assert 0.16 < shops.count(None) / len(shops) < 0.24
    assert 0.16 < shops.count(ShopContext(certification=Certification.BASIC)) / len(shops) < 0.24
    assert shops.count(None) + shops.count(ShopContext(certification=Certification.BASIC)) + shops.count(SHOP) == 2_000


def test_the_same_ones_forget_whatever_their_order() -> None:
    there = {listing.id: listing for listing in map(Forgetting(0.2), LISTINGS)}
    back = {listing.id: listing for listing in map(Forgetting(0.2), LISTINGS[::-1])}
    assert there == back


def test_nobody_forgets_anything_else() -> None:
    assert list(map(Forgetting(0), LISTINGS)) == LISTINGS
