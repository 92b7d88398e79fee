"""Numbers as pictures: SVG that the server draws. What they say is in a table too, so that nobody needs the picture."""

from collections.abc import Sequence

from twisted.web.template import Tag, tags

WIDE, HIGH = 20, 100  # units of the picture: of a bar with its gap, and of the largest number
_GAP = 4


def bars(title: str, numbers: Sequence[tuple[str, int]], most: int) -> Tag:
    """Give a picture with a bar for each number; its words are shown on hover. `most` is the top of the picture."""
    drawn = [_bar(place, words, number, max(most, 1)) for place, (words, number) in enumerate(numbers)]
    box = f"0 0 {max(1, len(numbers)) * WIDE} {HIGH}"
    shape = {"class": "bars", "viewBox": box, "preserveAspectRatio": "none", "role": "img", "aria-label": title}
    return Tag("svg")(*drawn, **shape)


def share(number: int, whole: int) -> Tag:
    """Give a line that is as long as a number's share of a whole; it says nothing that a table does not."""
    width = f"{min(100.0, 100 * number / max(whole, 1)):.1f}%"
    over = " over" if number >= whole > 0 else ""
    track, filled = (
        Tag("rect")(**{"class": kind, "width": length, "height": "100%", "rx": "3"})
        for kind, length in (("track", "100%"), (f"filled{over}", width))
    )
    return Tag("svg")(track, filled, **{"class": "share", "aria-hidden": "true"})


def ceiling(number: int) -> int:
    """Give a round number that is not below another: the top of a picture."""
    power = 1
    while power * 10 <= number:
        power *= 10
    return next(step * power for step in (1, 2, 5, 10) if step * power >= number)


def _bar(place: int, words: str, number: int, most: int) -> Tag:
    high = HIGH * number / most
    if number:
        high = max(high, 1.5)  # seen, however small
    column = {"x": str(place * WIDE), "y": "0", "width": str(WIDE), "height": str(HIGH), "class": "column"}
    bar = {
        "x": str(place * WIDE + _GAP // 2),
        "y": f"{HIGH - high:.1f}",
        "width": str(WIDE - _GAP),
        "height": f"{high:.1f}",
        "class": "bar",
    }
    children = [Tag("title")(f"{words}: {number:,}"), Tag("rect")(**column)]
    return Tag("g")(*children, Tag("rect")(**bar))


def numbered(head: Sequence[str], rows: Sequence[tuple[str, int]]) -> Tag:
    """Give the table with the same numbers."""
    heads = tags.tr(*(tags.th(text, scope="col") for text in head))
    body = [tags.tr(tags.th(words, scope="row"), tags.td(f"{number:,}")) for words, number in rows]
    return tags.table(tags.thead(heads), tags.tbody(*body), class_="numbers")
