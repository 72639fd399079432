"""The surname in a Chinese name: the first character, or the first two where they are one of the compound surnames (复姓)."""

from __future__ import annotations

_TOGETHER = (
    "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶太叔申屠公孙慕容仲孙钟离长孙宇文司徒鲜于司空"
    "闾丘子车亓官司寇巫马公西颛孙壤驷公良漆雕乐正宰父谷梁拓跋夹谷轩辕令狐段干百里呼延东郭南门羊舌微生公户公玉公仪梁丘公仲公上公门"
    "公山公坚左丘公伯西门公祖第五公乘贯丘公皙南荣东里东宫仲长子书子桑即墨达奚褚师淳于单于"
)
COMPOUND = frozenset(_TOGETHER[n : n + 2] for n in range(0, len(_TOGETHER), 2))


def surname_of(name: str) -> str:
    """The surname, or an empty text when the name is not written in Chinese characters (then nobody should guess)."""
    if not name or not all("\u3400" <= c <= "\u9fff" for c in name):
        return ""
    return name[:2] if len(name) > 2 and name[:2] in COMPOUND else name[0]
