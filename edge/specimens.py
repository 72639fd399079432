"""Made-up people and their documents, for the simulated gate and for tests: names and numbers of nobody, with valid check digits.

The place in a number is 000000-like (区划 999999 is given to nobody) unless asked otherwise, so no number can be a living person's.
"""

from __future__ import annotations

import random
from datetime import date, timedelta

from edge.domain.documents import check_digit

SURNAMES = tuple(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓韩冯曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
RARE = (
    "欧阳",
    "司马",
    "上官",
    "诸葛",
    "尉迟",
    "皇甫",
    "令狐",
    "慕容",
    "逄",
    "缪",
    "邝",
    "晏",
    "柴",
    "鲍",
    "佘",
    "麦",
    "漆",
    "冼",
    "揭",
    "么",
    "仇",
    "阚",
    "蔺",
    "覃",
    "亓",
    "褚",
    "晁",
    "鄢",
    "卜",
    "宓",
    "裘",
    "郗",
    "阎",
    "佟",
    "栾",
    "宁",
)
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰辉玲燕鹏飞红鑫波斌莉宇浩凯健俊帆雪荣慧博文梅琳晨旭志远嘉欣怡思涵雨泽睿子轩梓萱诗语若彤佳瑶皓天乐欢春华秋实国庆建设学良永康安宁"
NATIONS = ("汉",) * 12 + ("壮", "回", "满", "苗", "土家", "彝", "蒙古", "布依", "朝鲜", "侗", "瑶", "黎")
PLACES = (
    "广东省镇远市东湖区学府路%d号%d栋%d单元%d房",
    "江南省云州市南岭县河西镇青石村%d号",
    "北原省临江市站前街道民主大街%d号%d栋%d-%d",
    "西山省清溪市高新区软件园二路%d号金色家园%d期%d栋%d室",
    "东海省望潮市滨海新区中心大道%d号碧海蓝天花园南区%d座%d单元%d房",
    "广东省镇远市西坪镇大塘村民委员会上塘村民小组%d号",
)
OFFICES = ("镇远市公安局东湖分局", "南岭县公安局", "临江市公安局", "清溪市公安局高新分局", "望潮市公安局滨海新区分局")
CLASSES = ("C1", "C2", "B2", "A2", "C1D", "B1B2", "A1A2")
PLACE_CODES = ("999901", "999911", "989902", "979921")
"""Codes of places that are given to none."""


def resident_number(chance: random.Random, born: date, sex: str, last: str = "") -> str:
    """A number with a valid check digit (GB 11643); `last`: that check digit, when it is wanted."""
    while True:
        order = chance.randrange(10, 999)
        if order % 2 != (sex == "男"):
            continue
        first = f"{chance.choice(PLACE_CODES)}{born:%Y%m%d}{order:03d}"
        if last in ("", check_digit(first)):
            return first + check_digit(first)


def person(chance: random.Random, *, rare: bool = False, last: str = "", licence: bool = False) -> dict[str, str]:
    """What is written on the documents of somebody who does not exist; keys as in camera.document_art.Specimen."""
    sex = chance.choice("男女")
    born = date(1950, 1, 1) + timedelta(days=chance.randrange(20_000))
    name = chance.choice(RARE if rare else SURNAMES) + "".join(chance.sample(GIVEN, chance.choice((1, 2, 2))))
    place = chance.choice(PLACES)
    address = place % tuple(chance.randrange(1, 300) for _ in range(place.count("%d")))
    since = date(2012 + chance.randrange(13), chance.randrange(1, 13), chance.randrange(1, 29))
    until = (
        ""
        if chance.random() < 0.1
        else f"{since.replace(year=since.year + chance.choice((10, 20) if not licence else (6, 10)))}"
    )
    return {
        "name": name,
        "sex": sex,
        "nation": chance.choice(NATIONS),
        "birth": f"{born}",
        "address": address,
        "number": resident_number(chance, born, sex, last),
        "authority": chance.choice(OFFICES),
        "valid_from": f"{since}",
        "valid_until": until,
        "vehicle_class": chance.choice(CLASSES),
    }
