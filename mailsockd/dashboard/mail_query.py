"""What a list of mail is asked for: read from its query, shown in its form, and written into its links."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import attrs

from mailsockd.actions.flags import FOLDERS
from mailsockd.actions.ports import View
from mailsockd.web.call import Call

HIGHEST = (1 << 62) - 1  # of what `before` may be
FIELDS = ("q", "show", "folder", "label", "address")
SHOWN = {"": "All mail", "unread": "Unread", "starred": "Starred"}
LONGEST_QUERY = 500


@attrs.frozen
class Asked:
    """
    The conditions as they were typed, by the names of FIELDS, and where: `page` is the path of the list.

    `before` is the seq below which the list begins.
    """

    page: str
    typed: Mapping[str, str]
    before: int | None = None

    @classmethod
    def of(cls, call: Call, page: str) -> "Asked":
        """Read them. Raises HTTPError 400 for a seq that is none."""
        typed = {name: call.query(name, literal_plus=name == "address").strip()[:LONGEST_QUERY] for name in FIELDS}
        typed["show"] = typed["show"] if typed["show"] in SHOWN else ""
        typed["folder"] = typed["folder"] if typed["folder"] in FOLDERS else ""
        return cls(page, typed, call.integer("before", 0, 1, HIGHEST) or None)

    @property
    def narrowed(self) -> bool:
        """Tell whether there is any condition."""
        return any(self.typed.values())

    def of_view(self, view: View) -> View:
        """Give a view with these conditions."""
        return attrs.evolve(
            view,
            query=self.typed["q"],
            unread=self.typed["show"] == "unread",
            starred=view.starred or self.typed["show"] == "starred",
            folder=self.typed["folder"],
            label=self.typed["label"],
        )

    def path(self, below: str = "", **others: Any) -> str:
        """Give the path of the list, or of what is below it, with these conditions, some of them others."""
        said = {**self.typed, "before": self.before, **others}
        query = urlencode({name: str(value) for name, value in said.items() if value}, quote_via=quote)
        return self.page + below + (f"?{query}" if query else "")

    def message(self, inbox: str, id: str, **others: Any) -> str:
        """Give the path of a message beside this list."""
        within = "" if self.page.startswith("/inbox/") else f"/{quote(inbox, safe='@')}"
        return self.path(f"{within}/{quote(id, safe='')}", **others)


def inbox_path(inbox: str) -> str:
    """Give the path of the page of an inbox."""
    return f"/inbox/{quote(inbox, safe='@')}"
