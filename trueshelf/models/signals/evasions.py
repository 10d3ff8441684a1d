"""How Chinese texts name WeChat so that filters miss it: 加薇, vx, 威:, 卫星, 薇❤ with somebody's id or number behind.

Each of these is an ordinary word or letter (加V领 is a V-neck, 薇诺娜 a brand, 添加微量元素 a trace element), so
none counts without an id; the more ordinary ones need a colon or an invitation as well.
"""

import re
from typing import Final

_ID: Final = r"(?:(?=[\w-]*\d)[A-Za-z][A-Za-z0-9_-]{5,19}|1[3-9]\d{9}|\d{6,11})(?![A-Za-z0-9])"
_HEART: Final = r"[信心芯❤♥💚\ufe0f]{0,3}"
_NUMBER: Final = r"\s?(?:同?号码?|id|ID)?"
_COLON: Final = r"\s*[:：]\s*"
_SURE: Final = r"(?<![A-Za-z0-9])(?:[vV][\s.-]?[xX]|[wW][xX]|[vVwW]信|薇信|威信|微信|徽信)"
_ORDINARY: Final = r"(?:(?<![A-Za-z0-9])[vV]|[薇威微徽]|卫星)"
_INVITED: Final = r"(?:[加➕＋+]|联系|咨询|私聊)(?:我|店主|客服|老板)?[的:：]?\s?"

_EVASION: Final = re.compile(
    rf"{_INVITED}(?:{_SURE}|{_ORDINARY}){_HEART}{_NUMBER}\W{{0,3}}{_ID}"
    rf"|{_SURE}{_HEART}{_NUMBER}(?:{_COLON}|\s?){_ID}"
    rf"|{_ORDINARY}{_HEART}{_NUMBER}{_COLON}{_ID}"
)
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff➕]")


def evasions(text: str) -> list[str]:
    """What names WeChat with an id, as it is written; nothing in a text without a Chinese character."""
    return [found.group() for found in _EVASION.finditer(text)] if _CHINESE.search(text) else []
