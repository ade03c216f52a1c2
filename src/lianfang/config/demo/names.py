"""Invented persons: names by frequency of Chinese surnames, ID numbers of a county code that is not allotted.

The code 330199 belongs to no county, so that no invented number can be a living person's.
Surname order: National Bureau name statistics as commonly published (李王张刘陈 … first).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

REGION = "330199"
SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)


def _in_twos(text: str) -> tuple[str, ...]:
    return tuple(text[place : place + 2] for place in range(0, len(text), 2))


GIVEN_FEMALE = _in_twos(
    "子涵欣怡梓萱诗涵雨桐可馨思琪语彤梦洁佳怡心悦若曦静雯晓彤雅婷紫妍艺涵嘉琪一诺晨曦"
    "雨欣梓涵欣妍诗琪思彤语桐佳琪心怡若彤静怡晓涵雅琪紫涵嘉怡晨萱婉清书瑶沐晴知夏安然"
)
GIVEN_MALE = _in_twos(
    "浩宇子轩宇航浩然博文俊杰梓豪子墨一鸣天佑嘉豪铭轩子睿明哲志远思远泽宇逸飞家乐景行"
    "浩轩宇轩俊熙博远子豪天宇嘉诚铭泽睿哲明轩志豪思源泽楷逸凡家豪景明承宇书恒沐辰知远"
)
SINGLE_FEMALE = tuple("婷雯悦颖琳瑶欣妍璐晗怡彤")
SINGLE_MALE = tuple("轩睿博宇浩杰昊涵晨毅铭鑫")
OLDER_FEMALE = ("秀英", "丽娟", "敏", "静", "丽", "艳", "玉兰", "红梅", "晓燕", "海燕", "雪梅", "慧", "芳", "婷", "莉")
OLDER_MALE = ("伟", "强", "磊", "军", "勇", "杰", "涛", "建国", "志强", "国庆", "鹏", "斌", "海涛", "建平", "明")
MIDDLE_FEMALE, MIDDLE_MALE = tuple("雅文晓春淑慧思佳"), tuple("建志文国永海明晓")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class Invented:
    """One invented person as a roster knows them."""

    name: str
    sex: str
    birth_date: date
    id_number: str
    phone: str


class Inventor:
    """Makes persons from a seed; every ID number and phone once."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._sequence: dict[str, int] = {}
        self._phone = 0

    def surname(self) -> str:
        """More of the frequent ones."""
        place = min(int(self.random.expovariate(1 / 18)), len(SURNAMES) - 1)
        return SURNAMES[place]

    def child(self, born_from: date, born_to: date, surname: str | None = None) -> Invented:
        """A pupil born in [born_from, born_to)."""
        sex = self.random.choice(("female", "male"))
        pool = GIVEN_FEMALE if sex == "female" else GIVEN_MALE
        single = SINGLE_FEMALE if sex == "female" else SINGLE_MALE
        given = self.random.choice(pool if self.random.random() < 0.85 else single)
        born = born_from + timedelta(days=self.random.randrange((born_to - born_from).days))
        return self._person((surname or self.surname()) + given, sex, born)

    def adult(self, sex: str, age: tuple[int, int], on: date, surname: str | None = None) -> Invented:
        """A grown-up of an age between two years."""
        given = self.random.choice(OLDER_FEMALE if sex == "female" else OLDER_MALE)
        if self.random.random() < 0.35:
            given = self.random.choice(MIDDLE_FEMALE if sex == "female" else MIDDLE_MALE) + given[-1]
        years = self.random.randrange(age[0], age[1])
        born = date(on.year - years, 1, 1) + timedelta(days=self.random.randrange(365))
        return self._person((surname or self.surname()) + given, sex, born)

    def _person(self, name: str, sex: str, born: date) -> Invented:
        stem = f"{REGION}{born:%Y%m%d}"
        number = self._sequence.get(stem, 0)
        self._sequence[stem] = number + 1
        order = number * 2 + (1 if sex == "male" else 0)
        digits = f"{stem}{order:03d}"
        check = "10X98765432"[sum(int(d) * w for d, w in zip(digits, WEIGHTS, strict=True)) % 11]
        self._phone += 1
        return Invented(name, sex, born, digits + check, f"199{10000000 + self._phone}")
