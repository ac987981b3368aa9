"""Mandarin syllables as they are typed: what may stand between two cuts of a row of letters.

ü is typed v (lv, nv); lue and nue are understood too.
"""

_TEXT = """
a ai an ang ao ba bai ban bang bao bei ben beng bi bian biang biao bie bin bing bo bong bu ca
cai can cang cao ce cei cen ceng cha chai chan chang chao che chen cheng chi chong chou chu chua
chuai chuan chuang chui chun chuo ci cong cou cu cuan cui cun cuo da dai dan dang dao de dei den
deng di dia dian diao die din ding diu dong dou du duan dui dun duo e ei en eng er fa fan fang
fei fen feng fiao fo fou fu ga gai gan gang gao ge gei gen geng gong gou gu gua guai guan guang
gui gun guo ha hai han hang hao he hei hen heng hong hou hu hua huai huan huang hui hun huo ji
jia jian jiang jiao jie jin jing jiong jiu ju juan jue jun ka kai kan kang kao ke kei ken keng
kong kou ku kua kuai kuan kuang kui kun kuo la lai lan lang lao le lei len leng li lia lian
liang liao lie lin ling liu lo long lou lu luan lue lun luo lv lve ma mai man mang mao me mei
men meng mi mian miao mie min ming miu mo mou mu na nai nan nang nao ne nei nen neng ni nia nian
niang niao nie nin ning niu nong nou nu nuan nue nun nuo nv nve o ou pa pai pan pang pao pei pen
peng pi pian piao pie pin ping po pou pu qi qia qian qiang qiao qie qin qing qiong qiu qu quan
que qun ran rang rao re ren reng ri rong rou ru rua ruan rui run ruo sa sai san sang sao se sen
seng sha shai shan shang shao she shei shen sheng shi shou shu shua shuai shuan shuang shui shun
shuo si song sou su suan sui sun suo ta tai tan tang tao te tei teng ti tian tiao tie ting tong
tou tu tuan tui tun tuo wa wai wan wang wei wen weng wo wong wu xi xia xian xiang xiao xie xin
xing xiong xiu xu xuan xue xun ya yan yang yao ye yi yin ying yo yong you yu yuan yue yun za zai
zan zang zao ze zei zen zeng zha zhai zhan zhang zhao zhe zhei zhen zheng zhi zhong zhou zhu
zhua zhuai zhuan zhuang zhui zhun zhuo zi zong zou zu zuan zui zun zuo
"""

SYLLABLES = frozenset(_TEXT.split())
"""Every full syllable."""

INITIALS = frozenset({*"bpmfdtnlgkhjqxzcsryw", "zh", "ch", "sh"})
"""What may be typed for a syllable: its beginning consonant."""

PREFIXES = frozenset(syllable[:size] for syllable in SYLLABLES for size in range(1, len(syllable)))
"""What may stand at the end of the letters: a syllable that is still being typed."""

LONGEST = 6
"""Letters of the longest syllable: zhuang."""


def steps_from(letters: str, start: int) -> tuple[str, ...]:
    """Return the syllables, initials and unfinished last syllables that can be cut off, longest first."""
    pieces = (letters[start : start + size] for size in range(LONGEST, 0, -1))
    found = dict.fromkeys(
        piece
        for piece in pieces
        if piece in SYLLABLES
        or piece in INITIALS
        or (piece in PREFIXES and start + len(piece) == len(letters))
    )
    return tuple(found)


def is_spelled(letters: str) -> bool:
    """Say whether the letters are full syllables from end to end."""
    reached = {0}
    for start in range(len(letters)):
        if start in reached:
            reached |= {
                start + len(piece) for piece in steps_from(letters, start) if piece in SYLLABLES
            }
    return len(letters) in reached
