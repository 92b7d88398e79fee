"""
The one-time code of a mail: the few characters that somebody is to type in.

There is no standard for it, so this is a judgement. A candidate is a number of 4 to 8 digits, perhaps in groups
(`123 456`, `12-34-56`), or a word of capitals and digits (`X7K2P9`, `ABCD-1234`). It counts when a word such as
code, OTP, PIN or verification is near, before it rather than behind it; a line of its own counts much, being a year
counts against it. Prices, percentages, phone numbers, dates, times, and numbers of orders or postcodes never count.
"""

import re
from collections.abc import Iterator
from itertools import islice

import attrs

# A code stands at the top of a mail; what follows are terms and addresses.
SEARCHED = 32 * 1024
_BEFORE = 120  # characters between a word and the code behind it
_BEHIND = 60  # characters between a code and the word behind it
_LEAST = 20  # points
_MOST = 300  # words and candidates that are looked at

_URL = re.compile(r"(?:https?://|www\.)\S++|(?<![^\s@])[^\s@]++@\S++", re.IGNORECASE)
# Words that hold "code" or "pin" and mean something else; they are taken out, so that nothing is near to them.
_OTHER_CODES = re.compile(
    r"\b(?:zip|postal|post|promo(?:tion(?:al)?)?|discount|coupon|voucher|gift(?: card)?|referral|qr|bar|country|area"
    r"|dial|sort|dress|source|error|status|product|tracking|booking|swift|colou?r|branch|tax|bank)[ -]?codes?\b"
    r"|\b(?:postleitzahl|plz|code postal|pinterest|pinned|pinch|codebase)\b",
    re.IGNORECASE,
)
_WORD = re.compile(
    r"(?<![a-zà-ÿ])[a-zà-ÿ]{0,30}?(?:code|kode)s?\b|\b(?:otp|pin|mfa|2fa|passcode|pass code|tan)\b"
    r"|\b(?:verif\w*|authenticat\w*|confirmation)\b"
    r"|\bone[- ]time(?: password| passcode)?\b|\b(?:security|login|sign-in|access) (?:key|number|token)\b|\btoken\b"
    r"|\bc[oó]digo\b|\bcodice\b|\bkod\b|\bкод\b|验证码|驗證碼|認証コード|確認コード|인증",
    re.IGNORECASE,
)
# The words that name the thing itself; the others only tell what the mail is about.
_NAMES = re.compile(
    r"code|kode|otp|pin|tan|digo|codice|kod|код|码|碼|コード|token|password|number|key|인증", re.IGNORECASE
)
# Whole runs of digits and what joins them, so that no code is found in the middle of a phone number or a date.
_RUN = re.compile(r"[+#(]?\d[\d./:,()-]*+(?: [(]?\d[\d./:,()-]*+)*+")
_SPACES = re.compile(r"[\u00a0\u2000-\u200a\u202f\u3000\t]")
_UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")
_PLAIN = re.compile(r"\d{4,8}")
_GROUPS = re.compile(
    r"\d{3}([ -])\d{3}|\d{2}([ -])\d{2}\2\d{2}|\d{4}([ -])\d{4}|\d{3}([ -])\d{4}|\d(?:([ -])\d)(?:\5\d){2,6}"
)
_MIXED = re.compile(r"(?<![\w.@/+-])(?:[A-Z0-9]{4,10}|[A-Z0-9]{3,5}-[A-Z0-9]{3,5}|[A-Za-z0-9]{6,10})(?![\w@/+-]|\.\w)")
_DATE = re.compile(r"\d\d-\d\d-\d\d")
_PREFIX = re.compile(r"(?:^|[^\w-])[A-Z]-\Z")
_LETTER = re.compile(r"[A-Z]-(\d{4,8})(?!\w)")
_MONEY_BEFORE = re.compile(
    r"(?:[$€£¥₹]|\b(?:usd|eur|gbp|chf|cad|aud|jpy|inr|price|total|amount|sum|rs\.?)\b[ :]{0,2}[$€£¥₹]?)[ ]?\Z",
    re.IGNORECASE,
)
_MONEY_BEHIND = re.compile(
    r"[ ]?(?:[$€£¥₹%]|\b(?:usd|eur|gbp|chf|cad|aud|jpy|inr|percent|dollars?|euros?)\b)", re.IGNORECASE
)
_MEASURE_BEHIND = re.compile(
    r"[ ]?(?:seconds?|minutes?|hours?|days?|times|users?|people|customers|points|km|kb|mb|gb|px|digits?)\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:\b(?:order|invoice|ticket|case|customer|account|reference|ref|booking|parcel|shipment|tracking|phone|tel|fax|mobile"
    r"|ending in|ends in|suite|room|street|po box|box|ste|copyright|since|version|build|port|rfc|iso)\b"
    r"(?:[ ](?:no|nr|number|id|is))?[.:# ]{0,3}|[#©][ ]?|\bno\.[ ]?)\Z",
    re.IGNORECASE,
)
_POSTCODE = re.compile(r"\b[A-Z]{2}[ ]\Z")
_JOINED = re.compile(
    r"(?: *(?:is|are|lautet|ist|es|est|è|to|with|below|number|是|为|為)?| [^\n:.!?]{0,40}(?=:))"
    r" *[:=：-]?\s*[\"'“»*\[(]*\Z",
    re.IGNORECASE,
)


@attrs.frozen
class _Candidate:
    code: str
    start: int
    end: int
    points: int


def one_time_code(subject: str, text: str) -> str:
    """
    Give the code that a mail is about, "" when none is likely.

    The subject is looked at first. Groups of digits are joined (`123 456` is `123456`, Google's `G-123456` too);
    groups with letters stay as they are. The codes of a mail that holds several are in doubt: the best placed one
    wins, and of equals the first.
    """
    found = _best(subject[:1000], "")
    return found or _best(text[:SEARCHED], subject[:1000])


def _best(text: str, title: str) -> str:
    text = _OTHER_CODES.sub(_blank, _URL.sub(_blank, _UNSEEN.sub("", _SPACES.sub(" ", text))))
    words = [
        (found.start(), found.end(), bool(_NAMES.search(found[0]))) for found in islice(_WORD.finditer(text), _MOST)
    ]
    titled = _WORD.search(_OTHER_CODES.sub(_blank, title)) is not None
    best: tuple[int, str] = (_LEAST - 1, "")
    for candidate in islice(_candidates(text), _MOST):
        points = candidate.points + _near(text, candidate, words) + (15 if titled else 0)
        if points > best[0]:
            best = (points, candidate.code)
    return best[1]


def _blank(found: re.Match[str]) -> str:
    return " \x00 " + " " * (len(found[0]) - 3)


def _near(text: str, candidate: _Candidate, words: list[tuple[int, int, bool]]) -> int:
    """Give the points of the word that speaks for a candidate most."""
    best = 0
    for start, end, names in words:
        if end <= candidate.start and candidate.start - end <= _BEFORE:
            points = (40 if names else 24) - (candidate.start - end) // 6
            if names and _JOINED.fullmatch(text, end, candidate.start):
                points += 30
        elif start >= candidate.end and start - candidate.end <= _BEHIND:
            points = (32 if names else 20) - (start - candidate.end) // 4
        else:
            continue
        best = max(best, points)
    return best


def _candidates(text: str) -> Iterator[_Candidate]:
    for run in _RUN.finditer(text):
        yield from _numbers(text, run.start(), run.end())
    for found in _MIXED.finditer(text):
        word = found[0]
        digits = sum(character.isdigit() for character in word)
        if digits == len(word):
            continue
        capitals = word.upper() == word
        alone = _alone(text, found.start(), found.end())
        joined = _follows_a_name(text, found.start())
        # A word of letters alone, or one in small letters, is a code only where nothing else can stand.
        if digits and capitals and not _LETTER.fullmatch(word):
            points = 12
        elif (digits or capitals) and (joined or (alone and capitals and digits)):
            points = 6
        else:
            continue
        if _NUMBERED.search(text, max(0, found.start() - 40), found.start()):
            continue
        yield _Candidate(word, found.start(), found.end(), points + (20 if alone else 0))


def _numbers(text: str, start: int, end: int) -> Iterator[_Candidate]:
    while end > start and text[end - 1] in ".,:;()/-":
        end -= 1
    if text[start] == "(":
        start += 1
    whole = text[start:end]
    if not (_PLAIN.fullmatch(whole) or _GROUPS.fullmatch(whole)):
        pieces = whole.split(" ")
        # A short number beside a code is another sentence's; several long ones are a phone's.
        if len(pieces) > 1 and sum(len(piece) > 2 for piece in pieces) == 1 and text[start] not in "+#":
            for piece in pieces:
                if len(piece) > 2:
                    yield from _numbers(text, start, start + len(piece))
                start += len(piece) + 1
        return
    before, behind = text[max(0, start - 40) : start], text[end : end + 20]
    prefix = 2 if _PREFIX.search(before) else 0
    if (before and not prefix and _clings(before[-1])) or (behind and _clings(behind[0])):
        return
    if _MONEY_BEFORE.search(before) or _MONEY_BEHIND.match(behind) or _MEASURE_BEHIND.match(behind):
        return
    if _NUMBERED.search(before) or (len(whole) == 5 and _POSTCODE.search(before)):
        return
    code = whole.replace(" ", "").replace("-", "")
    points = 14 if len(code) == 6 else 10
    if (len(code) == 4 and code[:2] in ("19", "20")) or _DATE.fullmatch(whole):
        points -= 25
    if _alone(text, start - prefix, end):
        points += 20
    yield _Candidate(code, start - prefix, end, points)


def _clings(character: str) -> bool:
    """Tell whether a character beside a number makes it part of something else; Chinese needs no space between."""
    return character in "_-+/#$€£¥₹" or (character.isalnum() and character < "\u2e80")


def _alone(text: str, start: int, end: int) -> bool:
    """Tell whether nothing else is on the line, marks of emphasis left out."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    return not (text[first:start] + text[end : len(text) if last < 0 else last]).strip(" \t*_>|\"'`.:[]-\r")


def _follows_a_name(text: str, start: int) -> bool:
    """Tell whether the word before, but for a colon or an "is", names the code."""
    for found in _WORD.finditer(text, max(0, start - 60), start):
        if _NAMES.search(found[0]) and _JOINED.fullmatch(text, found.end(), start):
            return True
    return False
