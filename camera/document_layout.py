"""How documents are laid out: their labels, where these stand when they cannot be read, where the photograph is, what words tell the pages
apart. From the layouts of the second identity card (GA 448) and the driving licence (GA 482)."""

from __future__ import annotations

import re

RESIDENT, BACK, LICENCE = "resident-id", "resident-id-back", "driving-licence"
PHOTOGRAPHS = {RESIDENT: (0.655, 0.10, 0.955, 0.72), LICENCE: (0.735, 0.545, 0.945, 0.925)}
"""Where the photograph is on a page: left, top, right, bottom as parts of width and height (layouts of GA 448 and GA 482)."""

NATIONS = (
    "汉", "蒙古", "回", "藏", "维吾尔", "苗", "彝", "壮", "布依", "朝鲜", "满", "侗", "瑶", "白", "土家",
    "哈尼", "哈萨克", "傣", "黎", "傈僳", "佤", "畲", "高山", "拉祜", "水", "东乡", "纳西", "景颇", "柯尔克孜", "土",
    "达斡尔", "仫佬", "羌", "布朗", "撒拉", "毛南", "仡佬", "锡伯", "阿昌", "普米", "塔吉克", "怒", "乌孜别克", "俄罗斯", "鄂温克",
    "德昂", "保安", "裕固", "京", "塔塔尔", "独龙", "鄂伦春", "赫哲", "门巴", "珞巴", "基诺", "穿青人",
)  # fmt: skip

LABELS = {
    RESIDENT: ("姓名", "性别", "民族", "出生", "住址", "公民身份号码"),
    BACK: ("签发机关", "有效期限"),
    LICENCE: (
        "证号",
        "姓名",
        "性别",
        "国籍",
        "住址",
        "出生日期",
        "初次领证日期",
        "准驾车型",
        "有效期限",
        "有效起始日期",
    ),
}
PLACES = {
    RESIDENT: {
        "姓名": (0.065, 0.10, 0.140, 0.17, 0.60), "性别": (0.065, 0.225, 0.140, 0.295, 0.27), "民族": (0.275, 0.225, 0.350, 0.295, 0.60),
        "出生": (0.065, 0.35, 0.140, 0.42, 0.60), "住址": (0.065, 0.475, 0.140, 0.545, 0.61), "公民身份号码": (0.065, 0.85, 0.265, 0.92, 0.92),
    },
    BACK: {"签发机关": (0.195, 0.725, 0.335, 0.795, 0.95), "有效期限": (0.195, 0.855, 0.335, 0.925, 0.95)},
    LICENCE: {
        "证号": (0.06, 0.24, 0.13, 0.295, 0.75), "姓名": (0.06, 0.36, 0.13, 0.41, 0.42), "性别": (0.425, 0.36, 0.49, 0.41, 0.61),
        "国籍": (0.62, 0.36, 0.69, 0.41, 0.9), "住址": (0.06, 0.47, 0.13, 0.52, 0.95), "出生日期": (0.30, 0.61, 0.415, 0.665, 0.70),
        "初次领证日期": (0.30, 0.70, 0.465, 0.745, 0.70), "准驾车型": (0.30, 0.78, 0.415, 0.825, 0.70), "有效期限": (0.06, 0.865, 0.175, 0.915, 0.70),
    },
}  # fmt: skip
"""Where a label stands when it could not be read, and how far its value reaches: left, top, right, bottom, and the value's right, as
parts of the page (layouts of GA 448 and GA 482)."""
WORDS = {
    LICENCE: ("驾驶证", "准驾车型", "初次领证", "Driving", "证号"),
    BACK: ("居民身份证", "签发机关"),
    RESIDENT: ("公民身份号码", "身份号码", "民族", "出生"),
}
ENGLISH = re.compile(r"^(?=.*[a-z])[A-Za-z .,'’]{3,}$")
