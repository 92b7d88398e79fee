"""Sharing room that is too small: who has least keeps all, and who has most gives."""

from collections.abc import Mapping


def excess(counts: Mapping[str, int], most: int) -> dict[str, int]:
    """
    Give how many of its things each holder must give up, so that there are `most` in all.

    Nobody is left with less than another who gives something up: the level is the highest that fits.
    """
    left, level = most, most
    holders = sorted(counts.values())
    for place, count in enumerate(holders):
        level = left // (len(holders) - place)
        if count > level:
            break
        left -= count
    else:
        return {}
    return {holder: count - level for holder, count in counts.items() if count > level}
