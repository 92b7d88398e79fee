"""Names and values of a query string or a form, with bounds: one pass over the bytes, a fixed number of fields,
UTF-8 or a clear refusal."""

from urllib.parse import unquote_to_bytes

from mailsockd.web.errors import wrong_part

MOST_FIELDS = 1_000

Fields = list[tuple[str, str]]


def parse_fields(content: bytes, place: str, *, plus: bytes = b" ", most: int = MOST_FIELDS) -> Fields:
    """`a=1&b=2` as pairs in their order, percent-decoded; a name without `=` has the value "".

    `plus` is what a `+` stands for: a space by the rules of forms, itself where a caller wants addresses. Raises
    HTTPError 400 naming `place` ("query" or "body") when there are more than `most` fields or the text is not UTF-8.
    """
    if content.count(b"&") >= most:
        raise wrong_part(place, f"has more than {most} fields")
    fields = []
    for pair in content.split(b"&"):
        if pair:
            name, _, value = pair.replace(b"+", plus).partition(b"=")
            fields.append((_text(name, place), _text(value, place)))
    return fields


def _text(content: bytes, place: str) -> str:
    try:
        return unquote_to_bytes(content).decode("utf-8")
    except UnicodeDecodeError:
        raise wrong_part(place, "is not valid UTF-8") from None
