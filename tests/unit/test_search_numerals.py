import pytest

from content.search.numerals import arabic, document_number, in_digits, number_terms


@pytest.mark.parametrize(
    ("numeral", "value"),
    [
        ("十", 10),
        ("五十四", 54),
        ("二〇一九", 2019),
        ("一百二十", 120),
        ("一千零五", 1005),
        ("两万", 20_000),
        ("二十万三千", 203_000),
        ("一亿三千万", 130_000_000),
        ("叁佰", 300),
    ],
)
def test_a_chinese_numeral_says_a_number(numeral: str, value: int) -> None:
    assert arabic(numeral) == value


@pytest.mark.parametrize(
    "written",
    [
        "国办发〔2019〕54号",
        "国办发[2019]54号",
        "国办发（2019）54号",
        "国办发【2019】第54号",
        "国办发２０１９年５４号",
        "国办发2019 54号",
        "国办发 2019 54",
        "国办发2019-54",
        "国办发〔二〇一九〕五十四号",
        "国办发二〇一九年第五十四号",
        "国办发〔2019〕054号",
    ],
)
def test_a_document_number_is_known_in_any_writing(written: str) -> None:
    assert document_number(written) == "国办发2019-54"


@pytest.mark.parametrize(
    "text", ["", "第", "2026年养老金标准", "关于2019年3月12日的公告", "12345", "〔〕号"]
)
def test_what_is_no_document_number_gives_none(text: str) -> None:
    assert document_number(text) == ""


def test_the_same_day_gives_the_same_term_in_any_writing() -> None:
    writings = ("2019年12月3日", "2019-12-03", "2019.12.3", "二〇一九年十二月三日")

    assert {term for text in writings for term in number_terms(text) if term[0] == "d"} == {
        "d20191203"
    }


def test_single_signs_that_are_words_stay_words() -> None:
    assert in_digits("一、总则 万一 第三条 十二条") == "一、总则 10001 第3条 12条"
