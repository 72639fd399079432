"""How a Chinese name is spelled, as people type it: «zw», «zhouwei» and «wei» find 周伟.

    周伟 ─▶ syllables ("zhou", "wei") ─▶ initials "zw" · spelled "zhouwei"

GB 2312 orders its 3,755 common characters (level 1, rows 16–55) by pinyin, so a character's code lies in the range of its syllable: all that is written down here
is the first character of each of the 396. Of the rarer ones (level 2, ordered by stroke) those that are common in names are listed, and surnames that are read in a way of their own.
ü is v, as every input method has it. A character has one reading here: what is typed otherwise (长 as «chang» in 长孙) is not found by letters, but is by the character.

Pure: the gate's domain uses it too (edge/domain/initials.py).
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache

_STARTS = """啊a 埃ai 鞍an 肮ang 凹ao 芭ba 白bai 斑ban 邦bang 苞bao 杯bei 奔ben 崩beng 逼bi 鞭bian 标biao 鳖bie 彬bin 兵bing 玻bo 捕bu 擦ca 猜cai 餐can 苍cang 操cao
厕ce 层ceng 插cha 拆chai 搀chan 昌chang 超chao 车che 郴chen 撑cheng 吃chi 充chong 抽chou 初chu 揣chuai 川chuan 疮chuang 吹chui 春chun 戳chuo 疵ci 聪cong 凑cou 粗cu
蹿cuan 摧cui 村cun 磋cuo 搭da 呆dai 耽dan 当dang 刀dao 德de 蹬deng 堤di 颠dian 碉diao 跌die 丁ding 丢diu 东dong 兜dou 督du 端duan 堆dui 墩dun 掇duo 蛾e 恩en 而er
发fa 藩fan 坊fang 菲fei 芬fen 丰feng 佛fo 否fou 夫fu 噶ga 该gai 干gan 冈gang 篙gao 哥ge 给gei 根gen 耕geng 工gong 钩gou 辜gu 刮gua 乖guai 棺guan 光guang 瑰gui 辊gun
锅guo 哈ha 骸hai 酣han 夯hang 壕hao 呵he 嘿hei 痕hen 哼heng 轰hong 喉hou 呼hu 花hua 槐huai 欢huan 荒huang 灰hui 荤hun 豁huo 击ji 嘉jia 歼jian 僵jiang 蕉jiao 揭jie 巾jin
荆jing 炯jiong 揪jiu 鞠ju 捐juan 撅jue 均jun 喀ka 开kai 刊kan 康kang 考kao 坷ke 肯ken 坑keng 空kong 抠kou 枯ku 夸kua 块kuai 宽kuan 匡kuang 亏kui 坤kun 括kuo 垃la 莱lai
蓝lan 琅lang 捞lao 勒le 雷lei 棱leng 厘li 俩lia 联lian 粮liang 撩liao 列lie 琳lin 玲ling 溜liu 龙long 楼lou 芦lu 驴lv 峦luan 掠lve 抡lun 萝luo 妈ma 埋mai 瞒man 芒mang
猫mao 么me 玫mei 门men 萌meng 眯mi 棉mian 苗miao 蔑mie 民min 明ming 谬miu 摸mo 谋mou 拇mu 拿na 氖nai 南nan 囊nang 挠nao 呢ne 馁nei 嫩nen 能neng 妮ni 蔫nian 娘niang
鸟niao 捏nie 您nin 柠ning 牛niu 脓nong 奴nu 女nv 暖nuan 虐nve 挪nuo 哦o 欧ou 啪pa 拍pai 攀pan 乓pang 抛pao 呸pei 喷pen 砰peng 坯pi 篇pian 飘piao 撇pie 拼pin 乒ping
坡po 扑pu 期qi 掐qia 牵qian 枪qiang 橇qiao 切qie 钦qin 青qing 琼qiong 秋qiu 趋qu 圈quan 缺que 裙qun 然ran 瓤rang 饶rao 惹re 壬ren 扔reng 日ri 戎rong 揉rou 茹ru 软ruan
蕊rui 闰run 若ruo 撒sa 腮sai 三san 桑sang 搔sao 瑟se 森sen 僧seng 莎sha 筛shai 珊shan 墒shang 梢shao 奢she 砷shen 声sheng 师shi 收shou 蔬shu 刷shua 摔shuai 栓shuan 霜shuang
谁shui 吮shun 说shuo 斯si 松song 搜sou 苏su 酸suan 虽sui 孙sun 蓑suo 塌ta 胎tai 坍tan 汤tang 掏tao 特te 藤teng 梯ti 天tian 挑tiao 贴tie 厅ting 通tong 偷tou 凸tu 湍tuan 推tui
吞tun 拖tuo 挖wa 歪wai 豌wan 汪wang 威wei 瘟wen 嗡weng 挝wo 巫wu 昔xi 瞎xia 掀xian 相xiang 萧xiao 楔xie 薪xin 星xing 兄xiong 休xiu 墟xu 轩xuan 靴xue 勋xun 压ya 焉yan 殃yang
邀yao 椰ye 一yi 茵yin 英ying 哟yo 拥yong 幽you 迂yu 鸳yuan 曰yue 耘yun 匝za 栽zai 咱zan 赃zang 遭zao 责ze 贼zei 怎zen 增zeng 扎zha 摘zhai 瞻zhan 樟zhang 招zhao 遮zhe 珍zhen
蒸zheng 芝zhi 中zhong 舟zhou 珠zhu 抓zhua 拽zhuai 专zhuan 桩zhuang 椎zhui 谆zhun 捉zhuo 兹zi 鬃zong 邹zou 租zu 钻zuan 嘴zui 尊zun 昨zuo"""
_RARER = """嫒瑷ai 葆bao 蓓bei 璧bi 偲cai 璨粲can 钗chai 婵chan 嫦昶chang 晁chao 琛谌宸chen 骋cheng 翀chong 褚chu 琮cong 妲da 黛岱dai 棣荻di 铎duo 霏fei 酆feng 芙馥fu 郜gao 嘏gu 帼guo
瀚晗菡涵翰han 珩heng 皓颢昊灏hao 泓hong 扈祜hu 骅婳桦hua 晖hui 嵇玑稷霁骥ji 珈郏jia 戬jian 姣皎jiao 婕颉玠jie 槿瑾jin 靓璟婧菁jing 炅jiong 琚ju 珏jue 珺jun 铠锴恺kai 阚侃kan 轲珂ke 蒯kuai 邝kuang
夔隗kui 琨堃鲲锟kun 岚lan 玏le 嫘lei 俪莅郦骊黎漓li 濂琏lian 麟蔺琳lin 绫翎苓ling 珑long 辂璐lu 珞luo 劢mai 玫mei 宓谧mi 淼缪miao 闵岷旻min 洺茗ming 茉mo 牟mou 沐mu 娜na 楠nan 妮ni 甯ning 雱pang 珮pei 芃peng
娉ping 濮璞pu 麒杞玘琦绮萁颀琪祺淇綦骐qi 茜倩芊骞qian 谯qiao 裘qiu 荃quan 阙que 苒ran 娆rao 嵘榕镕瑢rong 阮ruan 叡睿芮rui 飒sa 莎sha 珊姗shan 佘she 燊shen 晟sheng 姝shu 铄shuo 崧嵩song 愫簌su 睢sui 邰tai 覃tan 韬tao
滕teng 悌缇ti 婷ting 潼佟tong 崴wai 莞琬菀婉wan 暐薇炜玮wei 汶雯玟wen 邬wu 奚淅郗晞曦禧xi 娴冼xian 骧xiang 潇骁筱箫xiao 炘鑫昕馨xin 荥xing 琇xiu 勖栩煦胥xu 暄渲瑄萱煊璇xuan 薛xue 洵荀xun 焱嬿俨晏琰鄢闫妍嫣yan 旸yang
垚曜尧瑶yao 晔烨ye 熠翊羿祎弈弋怿旖漪贻轶驿怡奕懿yi 胤yin 滢瑛璎颖莹ying 宥祐you 彧玙瑀钰昱煜瑜妤毓yu 沅媛yuan 玥yue 赟妘恽筠芸贇yun 瓒zan 臧zang 翟zhai 璋zhang 钊zhao 喆zhe 榛桢祯臻甄zhen 峥zheng 芷郅zhi 竺zhu 梓zi"""
_SURNAMES = {
    "单": ("shan",),
    "解": ("xie",),
    "仇": ("qiu",),
    "曾": ("zeng",),
    "区": ("ou",),
    "查": ("zha",),
    "朴": ("piao",),
    "盖": ("gai",),
    "覃": ("qin",),
    "乐": ("yue",),
    "尉迟": ("yu", "chi"),
    "长孙": ("zhang", "sun"),
    "万俟": ("mo", "qi"),
}


def _code(sign: str) -> int:
    """Its place in GB 2312, 0 when it has none."""
    try:
        high, low = sign.encode("gb2312")
    except (UnicodeEncodeError, ValueError):
        return 0
    return high << 8 | low


_FIRST, _SYLLABLES = zip(*((_code(one[0]), one[1:]) for one in _STARTS.split()), strict=True)
_LAST = 0xD7F9
_RARE = {sign: one.lstrip("".join(signs)) for one in _RARER.split() for signs in [[s for s in one if s > "\x7f"]] for sign in signs}  # fmt: skip


def syllables(name: str) -> list[str]:
    """A name's syllables in small letters, one a character; a letter or digit stands for itself, a character that nobody can place is left out."""
    first = next((name[:n] for n in (2, 1) if name[:n] in _SURNAMES), "")
    said = [*_SURNAMES.get(first, ()), *map(_syllable, name[len(first) :])]
    return [one for one in said if one]


def initials(name: str) -> str:
    """The initials of a name; letters and digits stay."""
    return "".join(one[0] for one in syllables(name))


def spelled(name: str) -> str:
    """The whole name in letters."""
    return "".join(syllables(name))


@lru_cache(maxsize=8_192)
def _syllable(sign: str) -> str:
    if sign.isascii():
        return sign.lower() if sign.isalnum() else ""
    if sign in _RARE:
        return _RARE[sign]
    code = _code(sign)
    return str(_SYLLABLES[bisect_right(_FIRST, code) - 1]) if _FIRST[0] <= code <= _LAST else ""
