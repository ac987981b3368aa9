"""Changes to the curated words of a region: pure, each returns new words or says in a sentence why not."""

from dataclasses import replace
from enum import StrEnum

from content.errors import CallerError
from content.search.curated import BestBet, CuratedWords, ItemNames, Target, query_key
from content.search.personal import looks_personal

LONGEST = 30
"""Characters of a word: more is no word that anybody types."""
MOST_NAMES = 20
MOST_HOT = 12
MOST_BETS = 3
MOST_POPULAR = 50
LEAST_GROUP = 2


class Part(StrEnum):
    """What of the words a change is about."""

    ALIAS = "alias"
    SYNONYM = "synonym"
    BEST_BET = "best_bet"
    DENIED = "denied"
    HOT = "hot"
    POPULAR = "popular"


class BadWord(CallerError):
    """The word cannot be taken; the sentence says why and what to do."""


def add_alias(words: CuratedWords, target: Target, name: str) -> CuratedWords:
    """Give a record one more everyday name.

    Raises:
        BadWord: empty, too long, personal, or the record has it already.
    """
    name = checked(name)
    known = next((one for one in words.aliases if one.target.record == target.record), None)
    names = known.names if known else ()
    if query_key(name) in {query_key(one) for one in (*names, target.title)}:
        raise BadWord(f"“{target.title}”已经可以用“{name}”找到，不必重复添加。")
    if len(names) >= MOST_NAMES:
        raise BadWord(f"每个事项最多 {MOST_NAMES} 个俗称，请先删去不常用的。")
    others = tuple(one for one in words.aliases if one.target.record != target.record)
    return replace(words, aliases=(*others, ItemNames(target, (*names, name))))


def add_synonyms(words: CuratedWords, group: tuple[str, ...]) -> CuratedWords:
    """Say that phrases mean the same; groups that share a phrase become one.

    Raises:
        BadWord: fewer than two different phrases, or one that cannot be taken.
    """
    phrases = tuple(dict.fromkeys(checked(one) for one in group if one.strip()))
    if len({query_key(one) for one in phrases}) < LEAST_GROUP:
        raise BadWord("同义词至少要有两个不同的词，请用顿号或空格分开。")
    keys = {query_key(one) for one in phrases}
    joined = [one for one in words.synonyms if keys & {query_key(word) for word in one}]
    if any(keys <= {query_key(word) for word in one} for one in joined):
        raise BadWord("这组同义词已经有了，不必重复添加。")
    merged = tuple(dict.fromkeys(word for one in (*joined, phrases) for word in one))
    kept = tuple(one for one in words.synonyms if one not in joined)
    return replace(words, synonyms=(*kept, merged))


def add_best_bet(words: CuratedWords, query: str, target: Target) -> CuratedWords:
    """Put a record first for a query, after those that are first already.

    Raises:
        BadWord: the query cannot be taken, or the record is there already.
    """
    query = checked(query)
    key = query_key(query)
    known = next((one for one in words.best_bets if query_key(one.query) == key), None)
    targets = known.targets if known else ()
    if target.record in {one.record for one in targets}:
        raise BadWord(f"查“{query}”时“{target.title}”已经排在最前，不必重复添加。")
    if len(targets) >= MOST_BETS:
        raise BadWord(f"一个词最多把 {MOST_BETS} 件排在最前，请先删去一件。")
    others = tuple(one for one in words.best_bets if query_key(one.query) != key)
    return replace(words, best_bets=(*others, BestBet(query, (*targets, target))))


def deny(words: CuratedWords, phrase: str) -> CuratedWords:
    """Never suggest this phrase.

    Raises:
        BadWord: it cannot be taken, or is denied already.
    """
    phrase = checked(phrase)
    if query_key(phrase) in {query_key(one) for one in words.denied}:
        raise BadWord(f"“{phrase}”已经在不提示名单里。")
    return replace(words, denied=(*words.denied, phrase))


def add_hot(words: CuratedWords, text: str) -> CuratedWords:
    """Offer this before anything is typed, after those that are offered already.

    Raises:
        BadWord: it cannot be taken, is there already, or there are enough.
    """
    text = checked(text)
    if query_key(text) in {query_key(one) for one in words.hot}:
        raise BadWord(f"“{text}”已经在热门名单里。")
    if len(words.hot) >= MOST_HOT:
        raise BadWord(f"热门最多 {MOST_HOT} 条，请先删去一条。")
    return replace(words, hot=(*words.hot, text))


def count_popular(words: CuratedWords, counted: tuple[Target, ...]) -> CuratedWords:
    """Take over which records citizens open most often, the most frequent first.

    Raises:
        BadWord: nothing was counted yet, or it stands so already.
    """
    counted = counted[:MOST_POPULAR]
    if not counted:
        raise BadWord("还没有足够的点击次数，暂时排不出常看内容。过一段时间再更新。")
    if [one.record for one in counted] == [one.record for one in words.popular]:
        raise BadWord("常看内容与最近的点击次数一致，不必更新。")
    return replace(words, popular=counted)


def remove(words: CuratedWords, part: Part, *, key: str, word: str = "") -> CuratedWords:
    """Take one decision back; what is not there is taken back already.

    Args:
        words: the words now.
        part: what it is about.
        key: the record of an alias, the query of a best bet, a phrase of a group, or the phrase itself.
        word: the alias, or the record of a best bet.
    """
    match part:
        case Part.ALIAS:
            return replace(words, aliases=_without_name(words.aliases, key, word))
        case Part.BEST_BET:
            return replace(words, best_bets=_without_bet(words.best_bets, key, word))
        case Part.SYNONYM:
            return replace(
                words, synonyms=tuple(group for group in words.synonyms if key not in group)
            )
        case Part.DENIED:
            return replace(words, denied=tuple(one for one in words.denied if one != key))
        case Part.HOT:
            return replace(words, hot=tuple(one for one in words.hot if one != key))
        case Part.POPULAR:
            return replace(words, popular=tuple(one for one in words.popular if one.record != key))


def checked(word: str, *, longest: int = LONGEST) -> str:
    """Return the word on one line.

    Raises:
        BadWord: empty, too long, or something that points to a person.
    """
    word = " ".join(word.split())
    if not query_key(word):
        raise BadWord("请填写词语。")
    if len(word) > longest:
        raise BadWord(f"词语最长 {longest} 个字，请缩短。")
    # What is published goes to every terminal: nothing in it may point to a person.
    if looks_personal(word):
        raise BadWord("词语里像是有电话、证件号码或地址，不能放进公开的词表。")
    return word


def _without_name(aliases: tuple[ItemNames, ...], record: str, name: str) -> tuple[ItemNames, ...]:
    kept = []
    for one in aliases:
        names = tuple(word for word in one.names if (one.target.record, word) != (record, name))
        if names:
            kept.append(replace(one, names=names))
    return tuple(kept)


def _without_bet(bets: tuple[BestBet, ...], query: str, record: str) -> tuple[BestBet, ...]:
    kept = []
    for one in bets:
        targets = tuple(
            target for target in one.targets if (one.query, target.record) != (query, record)
        )
        if targets:
            kept.append(replace(one, targets=targets))
    return tuple(kept)
