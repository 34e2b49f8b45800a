"""Readers find what they type, in any script, and nothing else."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowchain.search.text import fold, index_text, query_tokens

SENTENCES = (
    "人人生而自由,在尊严和权利上一律平等。",
    "すべての人間は、生れながらにして自由であり",
    "모든 인간은 태어날 때부터 자유로우며",
    "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกัน",
    "ມະນຸດທຸກຄົນເກີດມາມີກຽດສັກສີ",
    "មនុស្សទាំងអស់កើតមកមានសេរីភាព",
    "လူတိုင်းသည် တူညီ လွတ်လပ်သော ဂုဏ်သိက္ခာဖြင့်",
    "सभी मनुष्यों को गौरव और अधिकारों के मामले में",
    "মানুষ স্বাধীনভাবে সমান মর্যাদা",
    "மனிதப் பிறிவியினர் சகலரும் சுதந்திரமாகவே",
    "يولد جميع الناس أحرارًا متساوين في الكرامة",
    "כל בני האדם נולדו בני חורין ושווים",
    "Ὅλοι οἱ ἄνθρωποι γεννιοῦνται ἐλεύθεροι",
    "Все люди рождаются свободными и равными",
    "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar",
    "Tất cả mọi người sinh ra đều được tự do và bình đẳng",
    "Všichni lidé rodí se svobodní a sobě rovní",
    "የሰው ልጅ ሁሉ ሲወለድ ነጻና በክብር",
    "ყველა ადამიანი იბადება თავისუფალი",
    "འགྲོ་བ་མིའི་རིགས་རྒྱུད་ཡོངས་ལ་སྐྱེས་ཙམ་ཉིད་ནས",
    "Naʻatā ʻoku fānauʻi mai ʻa e kakai kotoa pē",
    "Apple社の株式会社A 2024年3月",
)


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Łódź", "lodz"),
        ("Straße", "STRASSE"),
        ("İSTANBUL", "istanbul"),
        ("ısı", "isi"),
        ("Œuvre", "oeuvre"),
        ("Þórr", "thorr"),
        ("Việt Nam", "viet nam"),
        ("ΛΌΓΟΣ", "λογος"),
        ("Ὀδυσσεύς", "οδυσσευς"),
        ("ещё", "еще"),
        ("за́мок", "замок"),
        ("مَكْتَبَة", "مكتبة"),
        ("كـــتاب", "كتاب"),
        ("أحمد", "احمد"),
        ("کتاب", "كتاب"),
        ("ٱلله", "الله"),
        ("שָׁלוֹם", "שלום"),
        ("ｶﾞｲﾄﾞ", "ガイド"),
        ("ｆｕｌｌ", "full"),
        ("한글", unicodedata.normalize("NFD", "한글")),
        ("१२३", "123"),
        ("co\u00adoperation", "cooperation"),
        ("㍿", "株式会社"),
        ("l’eau", "l'eau"),
        ("Oʻahu", "O'ahu"),
    ],
)
def test_what_a_reader_takes_for_the_same_word_is_found_both_ways(
    index: Any, written: str, typed: str
) -> None:
    index.add(written, typed)
    assert index.search(typed) == {0, 1}
    assert index.search(written) == {0, 1}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("мой", "мои"),
        ("його", "иого"),
        ("їх", "іх"),
        ("कि", "क"),
        ("की", "कि"),
        ("น้ำ", "นำ"),
        ("が", "か"),
        ("ខ្មែរ", "ខមែរ"),
        ("ကို", "က"),
        ("cat", "cats"),
        ("東京", "京東"),
    ],
)
def test_letters_in_their_own_right_stay_apart(index: Any, one: str, other: str) -> None:
    index.add(one, other)
    assert index.search(one) == {0}


def test_one_and_two_character_words_are_found_in_chinese_japanese_and_korean(index: Any) -> None:
    index.add("東京都の図書館", "京都の都", "서울도서관", "図")
    assert index.search("図") == {0, 3}
    assert index.search("館") == {0}
    assert index.search("京都") == {0, 1}
    assert index.search("도서") == {2}
    assert index.search("관") == {2}


def test_characters_that_are_not_neighbours_are_not_a_word(index: Any) -> None:
    index.add("北京大学 大京", "京大北")
    assert index.search("北京大") == {0}
    assert index.search("京大北") == {1}
    assert index.search("北大") == set()


def test_a_word_is_not_found_across_punctuation(index: Any) -> None:
    index.add("東、京", "東京")
    assert index.search("東京") == {1}


def test_scripts_that_meet_in_one_word_must_meet_in_the_text(index: Any) -> None:
    index.add("新Apple社", "Apple 大社", "社Apple")
    assert index.search("Apple社") == {0}
    assert index.search("新Apple") == {0}
    assert index.search("apple 社") == {0, 1, 2}


def test_a_letter_without_its_vowel_sign_is_not_the_letter_with_it(index: Any) -> None:
    index.add("กิน", "กน")
    assert index.search("ก") == {1}
    assert index.search("กิ") == {0}


def test_all_words_must_be_found(index: Any) -> None:
    index.add("old stanzas from Wales", "old songs")
    assert index.search("OLD stanzas") == {0}
    assert index.search("old absent") == set()


@pytest.mark.parametrize("words", ["", "   ", "!?…", "\u0301", '"', "\u200b"])
def test_words_without_letters_find_nothing_and_fail_nothing(index: Any, words: str) -> None:
    index.add("something")
    assert index.search(words) == set()


def test_operators_of_the_query_language_are_only_words(index: Any) -> None:
    index.add("this or that", "near misses")
    assert index.search('NOT") OR ("near') == set()
    assert index.search("OR") == {0}
    assert index.search("near*") == {1}


def test_every_word_pair_and_letter_of_every_sentence_is_found_exactly_where_plain_search_finds_it(
    index: Any, plain: Any
) -> None:
    index.add(*SENTENCES)
    naive = plain(list(SENTENCES))
    for sentence in SENTENCES:
        words = sentence.split()
        asked = {*words, *(w[i:j] for w in words for i in range(len(w)) for j in (i + 1, i + 2, i + 3))}
        for words_asked in asked:
            assert index.search(words_asked) == naive.search(words_asked), words_asked
        assert index.search(words[0])


_ALPHABET = st.sampled_from("aA éßİ東京都のガ한글กา่ขខ្មကို\u1039क्षिأحـמָם-'…㍿ﬁ\u200d0٣")


@settings(max_examples=300)
@given(st.lists(st.text(_ALPHABET, max_size=12), min_size=1, max_size=5), st.text(_ALPHABET, max_size=5))
def test_the_index_and_plain_search_agree_on_any_text(
    index_class: Any, plain: Any, texts: list[str], words: str
) -> None:
    made = index_class()
    made.add(*texts)
    assert made.search(words) == plain(texts).search(words)
    made.close()


@given(st.text())
def test_folding_is_stable_and_blind_to_the_form_of_unicode(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    assert index_text(unicodedata.normalize("NFC", text)) == index_text(unicodedata.normalize("NFD", text))


@given(st.text())
def test_tokens_are_parted_by_single_spaces_and_hold_no_other_ascii_than_letters_and_digits(
    text: str,
) -> None:
    tokens = index_text(text)
    assert tokens == " ".join(tokens.split(" ")).strip()
    ascii_used = {char for char in tokens if char.isascii()}
    assert all(char == " " or (char.isalnum() and char == char.lower()) for char in ascii_used)


def test_a_query_names_its_phrases_by_the_words_as_typed() -> None:
    query = query_tokens("Łódź 図 łódź")
    assert query.words == ("Łódź", "図")
    assert query.expression() == '"lodz" AND "図" *'
