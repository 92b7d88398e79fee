"""
The pages that are looked at: a row each.

To add a page, add a row. `path` may name in braces what `House.names` has; a row with `then` is looked at after that
was done on the page, such as sending a form with mistakes, and needs a `state` as its name.
"""

from collections.abc import Callable

import attrs
from playwright.sync_api import Page

from tests.browser.house import ADA, ADMIN, BOB, NOBODY


@attrs.frozen
class Row:
    """
    One page as one visitor sees it.

    `wrong` is the status that the browser complains of; `cut` selects what is taken out of an endless page, which has
    much of the same.
    """

    path: str
    who: str = ADA
    state: str = ""
    then: Callable[[Page], object] | None = None
    wrong: int = 0
    status: int = 200
    cut: str = ""

    @property
    def name(self) -> str:
        """Give the name of the row: of its test, and of its pictures."""
        words = [part.strip("{}") for part in self.path.partition("?")[0].split("/") if part] or ["home"]
        return "-".join([*words, self.who or "nobody", *self.state.split()])


def press(name: str) -> Callable[[Page], object]:
    """Give what presses the first button of that name in the content."""
    return lambda page: page.locator("main").get_by_role("button", name=name).first.click()


def send(button: str, **fields: str) -> Callable[[Page], object]:
    """Give what fills fields by their names and sends the form, whatever the browser itself thinks of them."""

    def fill(page: Page) -> None:
        page.evaluate("document.querySelectorAll('form').forEach((form) => { form.noValidate = true })")
        for name, text in fields.items():
            page.locator(f"main [name={name}]").fill(text)
        form = page.locator(f"main form:has([name={next(iter(fields))}])" if fields else "main form").first
        form.get_by_role("button", name=button).click()
        page.wait_for_load_state()

    return fill


def listen(page: Page) -> None:
    """Connect on the test page, until the server has answered, and open whatever unfolds."""
    press("Connect")(page)
    page.locator("#state[data-state=open], #state[data-state=ended]").wait_for()
    for summary in page.locator("main summary:visible").all():
        summary.click()


PAGES = (
    Row("/", NOBODY),
    Row("/login", NOBODY),
    Row("/login", NOBODY, "wrong password", send("Sign In", name="ada", password="no"), wrong=401),
    Row("/login", NOBODY, "empty", send("Sign In"), wrong=400),
    Row("/addresses/nobody@mail.test", ADA, "no such address", status=404, wrong=404),
    Row("/nothing/here", NOBODY, "no such page", status=404, wrong=404),
    Row("/docs/api", NOBODY, cut=".chapters > section:nth-of-type(n+3):not(#refusals)"),
    Row("/websocket-test", NOBODY),
    Row("/websocket-test"),
    Row("/websocket-test", BOB),
    Row("/websocket-test?addresses={address}", ADA, "listening", listen),
    Row("/websocket-test?addresses=user1@mail.test", BOB, "refused", listen),
    Row("/docs/api", ADA, cut=".chapters > section:nth-of-type(n+3):not(#refusals)"),
    Row("/"),
    Row("/dashboard"),
    Row("/dashboard", BOB),
    Row("/dashboard", ADMIN),
    Row("/addresses"),
    Row("/addresses", BOB),
    Row("/addresses?q=nothing", ADA, "nothing found"),
    Row("/addresses", ADA, "purge asked", press("Purge Inbox of")),
    Row("/private-address"),
    Row("/private-address", ADA, "no address", send("Reserve", email="not an address"), wrong=400),
    Row("/addresses/bulk"),
    Row("/addresses/bulk", ADA, "mistakes", send("Reserve", addresses="a b c"), wrong=400),
    Row("/addresses/{address}"),
    Row("/addresses/{address}", ADA, "mistakes", send("Save Settings", webhook="nowhere"), wrong=400),
    Row("/addresses/{address}/pop3"),
    Row("/api-keys"),
    Row("/api-keys", ADA, "no name", send("Create", name=""), wrong=400),
    Row("/api-keys", BOB, "made", send("Create", name="nightly build")),
    Row("/api-keys", ADA, "delete asked", press("Delete")),
    Row("/account"),
    Row("/account", BOB),
    Row("/account", ADA, "wrong password", send("Change password", current="x", password="short"), wrong=400),
    Row("/usage"),
    Row("/deliveries"),
    Row("/deliveries", BOB),
    Row("/deliveries?address={press}", ADA, "in vain"),
    Row("/deliveries?status=waiting", ADA, "stop asked", press("Stop: delivery")),
    Row("/deliveries/1"),
    Row("/activity"),
    Row("/activity", ADMIN),
    Row("/activity?q=nothing", ADA, "nothing found"),
    Row("/activity?since=yesterday", ADA, "no date", wrong=400, status=400),
    Row("/activity?message={message}", ADA, "timeline"),
    Row("/usage", BOB),
    Row("/domains"),
    Row("/domains", BOB),
    Row("/domains/new"),
    Row("/domains/new", ADA, "no domain", send("Continue", domain="nonsense"), wrong=400),
    Row("/domains/{domain}"),
    Row("/domains/{domain}/dns"),
    Row("/domains/{domain}/forwarding"),
    Row("/domains/{domain}/advanced"),
    Row("/domains/mail.test", ADMIN),
    Row("/app"),
    Row("/app", BOB),
    Row("/app?q=nothing", ADA, "nothing found"),
    Row("/app/{address}/{message}"),
    Row("/starred"),
    Row("/starred", BOB),
    Row("/inbox/{address}"),
    Row("/inbox/{address}/{message}?view=headers", ADA, "headers"),
    Row("/inbox/{address}/{message}?view=json", ADA, "as JSON"),
    Row("/inbox/nothing@mail.test", BOB),
    Row("/inbox/{address}", BOB, "of another account", status=404, wrong=404),
    Row("/storage"),
    Row("/storage", BOB),
    Row("/storage", ADA, "purge asked", press("Purge Inbox of")),
    Row("/validation"),
    Row("/validation?emails=user1%2Btag@mail.test%0Anobody%0Aan@email@example.org", ADA, "checked"),
    Row("/validation", BOB, "nothing typed", send("Check", emails=""), wrong=400),
    Row("/admin/accounts", ADMIN),
    Row("/admin/accounts?q=nothing", ADMIN, "nothing found"),
    Row("/admin/accounts/new", ADMIN),
    Row("/admin/accounts/new", ADMIN, "mistakes", send("Add account", name="Not A Name", email="x"), wrong=400),
    Row("/admin/accounts/ada", ADMIN),
    Row("/admin/accounts/ada", ADMIN, "mistakes", send("Save Settings", credits="many"), wrong=400),
    Row("/admin/accounts/ada", ADMIN, "not confirmed", send("Remove account", confirm="bob"), wrong=400),
    Row("/admin/accounts/ada", ADMIN, "disable asked", press("Disable")),
    Row("/admin/accounts/admin", ADMIN),
    Row("/admin/domains", ADMIN),
    Row("/admin/domains?q=nothing", ADMIN, "nothing found"),
    Row("/admin/health", ADMIN),
    Row("/admin/health", ADA, "no administrator", wrong=404, status=404),
)
