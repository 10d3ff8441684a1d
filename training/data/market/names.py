"""Names: of shops, and of brands as they are misspelt by mistake or in order to slip through."""

import numpy as np

from training.data.market.draws import chance, pick

LOOKALIKES = {
    "a": "аɑα",
    "b": "ЬƄ",
    "c": "сϲ",
    "d": "ԁ",
    "e": "еҽ",
    "g": "ɡ",
    "h": "һ",
    "i": "іıɩ",
    "j": "ј",
    "k": "κк",
    "l": "ӏI",
    "m": "м",
    "n": "ո",
    "o": "оοօ",
    "p": "рρ",
    "r": "г",
    "s": "ѕ",
    "t": "т",
    "u": "υս",
    "v": "ѵν",
    "w": "ѡ",
    "x": "х",
    "y": "уү",
    "z": "ᴢ",
}
"""Latin letters and letters of other scripts that look like them."""

LEET = {"a": "4@", "b": "8", "e": "3", "g": "9", "i": "1!", "l": "1", "o": "0", "s": "5$", "t": "7", "z": "2"}

_FIRST = [
    "Lu",
    "Mei",
    "Han",
    "Sun",
    "Star",
    "Blue",
    "Nova",
    "Rio",
    "Kota",
    "Siam",
    "Viet",
    "Casa",
    "Loja",
    "Urban",
    "Prime",
    "Happy",
    "Lucky",
    "Golden",
    "Silver",
    "River",
    "Moon",
    "Cloud",
    "Tiger",
    "Lotus",
    "Bella",
    "Alto",
    "Vera",
    "Dina",
    "Toko",
    "Baan",
    "Nha",
    "Dom",
    "Mir",
    "Lavka",
    "Jade",
    "Peak",
    "Pixel",
    "Metro",
    "Village",
    "Corner",
    "Family",
    "Daily",
    "Bright",
    "Fox",
    "Owl",
    "Panda",
    "Mango",
    "Coral",
    "Maple",
]
_LAST = [
    "Store",
    "Shop",
    "Market",
    "Outlet",
    "Trade",
    "House",
    "Mall",
    "Plaza",
    "Online",
    "Boutique",
    "Supply",
    "Goods",
    "World",
    "Zone",
    "Point",
    "Gallery",
    "Depot",
    "Station",
    "Bazaar",
    "Direct",
    "Style",
    "Sport",
    "Tech",
    "Bags",
    "Kicks",
    "Closet",
    "Wear",
    "Room",
    "Box",
    "Link",
]


def shop_name(rng: np.random.Generator) -> str:
    """An invented shop's name."""
    name = f"{pick(rng, _FIRST)}{pick(rng, (' ', '', '', '_'))}{pick(rng, _LAST)}"
    if chance(rng, 0.4):
        name += f"{pick(rng, ('', ' ', '_'))}{int(rng.integers(1, 999))}"
    return name.lower() if chance(rng, 0.25) else name


def disguised(rng: np.random.Generator, name: str) -> str:
    """A brand's name as it is written to slip through: look-alike letters, digits, gaps, or a letter off."""
    return pick(rng, (_lookalike, _lookalike, _leet, _leet, _gapped, _shortened, mistyped))(rng, name)


def mistyped(rng: np.random.Generator, name: str) -> str:
    """A name with one letter doubled, dropped, or in its neighbour's place."""
    if len(name) < 4:
        return name + name[-1].lower()
    at = int(rng.integers(1, len(name) - 1))
    kind = int(rng.integers(3))
    if kind == 0:
        return name[:at] + name[at] + name[at:]
    if kind == 1:
        return name[:at] + name[at + 1 :]
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def recased(rng: np.random.Generator, name: str, *, wide: bool) -> str:
    """A name in small or capital letters, or in the full-width letters of a Chinese keyboard."""
    if wide and chance(rng, 0.3):
        return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in name)
    return name.lower() if chance(rng, 0.7) else name.upper()


def _lookalike(rng: np.random.Generator, name: str) -> str:
    return _swapped(rng, name, LOOKALIKES)


def _leet(rng: np.random.Generator, name: str) -> str:
    return _swapped(rng, name, LEET)


def _swapped(rng: np.random.Generator, name: str, table: dict[str, str]) -> str:
    places = [index for index, letter in enumerate(name) if letter.lower() in table]
    if not places:
        return mistyped(rng, name)
    letters = list(name)
    for index in rng.permutation(len(places))[: 1 + chance(rng, 0.35)]:
        letters[places[int(index)]] = pick(rng, table[name[places[int(index)]].lower()])
    return "".join(letters)


def _gapped(rng: np.random.Generator, name: str) -> str:
    gap = pick(rng, (" ", ".", "-", "*", "·", "_"))
    if chance(rng, 0.5):
        return gap.join(name.replace(" ", ""))
    at = int(rng.integers(1, max(2, len(name))))
    return name[:at] + gap + name[at:]


def _shortened(rng: np.random.Generator, name: str) -> str:
    """Initials, or the name without its vowels."""
    words = name.split()
    if len(words) > 1:
        return "".join(word[0] for word in words)
    bare = name[0] + "".join(letter for letter in name[1:] if letter.lower() not in "aeiou")
    return bare if len(bare) > 1 and bare != name else mistyped(rng, name)
