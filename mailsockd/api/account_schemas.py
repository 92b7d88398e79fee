"""What REST answers about accounts, domains, statistics, validation and sending, as closed schemas (contract 1.4)."""

from mailsockd.api.schemas import ADDRESS
from mailsockd.api.shapes import Named, array, closed, date, flag, integer, nullable, only, text

_ENTITLED = "1 or 0: entitled, or not."
_UNUSED = "There for clients that expect it."


def _entitlement(what: str) -> dict[str, object]:
    return integer(f"{what} {_ENTITLED}", 0, 1)


ACCOUNT = Named(
    "Account",
    closed(
        "The account of a key. What only a hosted service sells is there for clients that expect it.",
        {
            "_id": text("Its name."),
            "email": text('The address of its person, `""` when unknown.'),
            "invoiceEmail": only("", _UNUSED),
            "capturePrivate": flag("Whether captured mail is the account's alone."),
            "messageLimit": integer("How many messages it may keep; 1000000 stands for no limit."),
            "privateDomain": _entitlement("Domains of its own."),
            "privateAddressCredits": integer("How many addresses it may still reserve; 1000000 stands for no limit."),
            "whitelistAccess": _entitlement("IP lists."),
            "moAPICount": integer("Calls of this month; none are counted."),
            "apiMonthlyLimit": integer("How many it may make; 1000000 stands for no limit."),
            "recents": array(text("An address."), _UNUSED),
            "labels": array(text("A label."), _UNUSED),
            "company": only("", _UNUSED),
            "address": only("", _UNUSED),
            "firehose": _entitlement("Listening to all public mail at once."),
            "allowPublicDomains": _entitlement("Public domains."),
            "viewAnalytics": _entitlement("Statistics."),
            "apiAccess": _entitlement("This API."),
            "wsDomain": _entitlement("Listening to a whole domain."),
            "manyKeys": _entitlement("Several keys."),
            "internalUnlimited": integer("1 when it may reserve as many addresses as it wants.", 0, 1),
            "lastLogin": date("When the account was last changed."),
            "allowMultipleUsers": _entitlement("Several people."),
            "userLimit": integer("How many people."),
            "disableSpam": flag("Whether mail is not judged."),
            "stripeId": only("", _UNUSED),
            "moAPIDisabled": integer("1: the API is off for this month.", 0, 1),
            "moAPILimitWarningEmail": only(0, _UNUSED),
            "apiKeyName": text("The name of the key that asks."),
            "sendsRemaining": integer(_UNUSED),
            "catchAll": integer(_UNUSED),
        },
    ),
)
FIGURES = Named(
    "AccountStats",
    closed(
        "What an account has.",
        {
            "addresses": array(text("An address."), "The addresses that it reserved."),
            "domains": array(text("A domain."), "Its domains."),
            "starredMessages": integer("How many messages it starred."),
            "storedMessages": integer("How many messages are its own."),
            "inboxBytes": integer("How many bytes those have."),
            "lastMonthOps": integer("Calls of the last month; none are counted."),
            "defaultDomain": text("Where addresses are made unless another domain is named."),
            "nonOwnedInboxes": array(text("An inbox."), "Other inboxes with mail of the account."),
        },
    ),
)
SIGNED_OUT = Named("SignedOut", closed("The session is over.", {"ok": only(True, "Always the same.")}))

DOMAIN = Named(
    "Domain",
    closed(
        "A domain that the server takes mail for.",
        {
            "_id": text("Its name."),
            "created": date("When it was added."),
            "updated": date("When it was changed."),
            "enablews": flag("Whether its mail goes to web sockets."),
            "hosted": flag("Whether it is one that the server gives away."),
            "isDefault": flag("Whether it is the account's default."),
            "isPrivate": flag("Whether inboxes that nobody reserved are its owner's alone."),
            "lastVerificationErrors": nullable(text("What was wrong when its DNS was last looked at.")),
            "owner": text("The account that owns it."),
            "verificationTxt": text("The TXT record that proves it."),
            "verified": flag("Whether it was proved."),
            "verifiedMx": flag("Whether its mail comes here."),
        },
    ),
)
DOMAINS = Named("DomainList", array(DOMAIN, "Domains; `[]` when there are none."))
DOMAIN_DETAILS = Named(
    "DomainDetails",
    closed(
        "A domain and what is in it.",
        {
            "domain": DOMAIN,
            "totalMessages": integer("How many messages of it the caller may see."),
            "catchAllAddress": {**nullable(ADDRESS), "description": "Its catch-all, null when it has none."},
        },
    ),
)

COUNTED = Named(
    "Counts",
    array(
        closed("How often.", {"_id": text("What was counted."), "n": integer("How often.", 1)}), "The largest first."
    ),
)
NUMBER = Named("Number", closed("How many.", {"n": integer("How many.")}))
DENIED = Named("DeniedList", array(text("A domain, an address or a network."), "What the operator denies."))
IS_DENIED = Named("Denied", closed("Whether it is denied.", {"blacklisted": flag("Whether it is denied.")}))

VERDICT = Named(
    "Validation",
    closed(
        "What can be said of an address without writing to it.",
        {
            "email": text("As it was asked."),
            "validFormat": flag("Whether it has the form of an address."),
            "isValidFormat": flag("The same."),
            "local": text("What is before the `@`."),
            "domain": text("What is behind it."),
            "isDisposable": flag("Whether its domain is known to be disposable."),
            "disposableDomains": array(text("A domain."), "The domains that were found to be."),
            "aliases": array(text("An address."), "Other addresses of the same inbox."),
        },
    ),
)
VERDICTS = Named("ValidationList", array(VERDICT, "In the order asked."))

SENT = Named(
    "MessageSent",
    closed(
        "A mail was sent.",
        {
            "from": text("The sender."),
            "to": array(text("An address."), "The recipients.", minItems=1),
            "id": text("The id of the sending.", pattern="^fe-"),
        },
        example={"from": "a@mail.test", "to": ["b@mail.test"], "id": "fe-9x2m4q"},
    ),
)
