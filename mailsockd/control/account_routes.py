"""The routes of the control socket for accounts and their API keys."""

from typing import Any

from mailsockd.actions.accounts import AccountActions
from mailsockd.actions.metering import Metering
from mailsockd.actions.registry import Registry
from mailsockd.control.fields import count_or_none, flag, known, text, text_or_none, wrong
from mailsockd.mail.address import InvalidAddress, canonical
from mailsockd.state.accounts import Account, ApiKey
from mailsockd.state.usage import day_of
from mailsockd.web.router import Call, Routes
from mailsockd.wire import date_json
from mailsockd.wire.usage import usage_json

# The limits of an account, by the name that they have here.
_LIMITS = {"credits": "credits", "messageLimit": "message_limit", "monthlyOps": "monthly_ops"}


class AccountRoutes:
    """Accounts and keys. Passwords and keys are in an answer only when they were made for it."""

    routes = Routes()

    def __init__(self, accounts: AccountActions, registry: Registry, metering: Metering) -> None:
        self._metering = metering
        self._accounts = accounts
        self._registry = registry

    @routes.get("/control/v1/accounts", open=True)
    def list(self, call: Call) -> Any:
        """Answer all accounts, by name."""
        return [self._json(account) for account in self._registry.accounts]

    @routes.post("/control/v1/accounts", open=True)
    async def add(self, call: Call) -> Any:
        """Make an account of the name `_id`, with a password (`password`, else a random one) and a key."""
        body = known(call.body(), {"_id", "admin", "email", "password"})
        password = text_or_none(body, "password")
        made = await self._accounts.add(
            text(body, "_id"), admin=flag(body, "admin"), password=password, email=_email(text(body, "email", ""))
        )
        shown = made.password if password is None else None
        return {**self._json(made.account), "password": shown, "key": made.key}

    @routes.patch("/control/v1/accounts/{name}", open=True)
    async def set(self, call: Call, name: str) -> Any:
        """Change what the body names: the limits (null for any number), `admin`, `disabled`, `capturePrivate`."""
        body = known(call.body(), {*_LIMITS, "admin", "disabled", "capturePrivate"})
        limits: dict[str, Any] = {limit: count_or_none(body, name) for name, limit in _LIMITS.items() if name in body}
        admin = flag(body, "admin") if "admin" in body else None
        private = flag(body, "capturePrivate") if "capturePrivate" in body else None
        disabled = flag(body, "disabled") if "disabled" in body else None
        return self._json(
            await self._accounts.set(name, admin=admin, disabled=disabled, capture_private=private, **limits)
        )

    @routes.delete("/control/v1/accounts/{name}", open=True)
    async def remove(self, call: Call, name: str) -> Any:
        """Remove an account with its keys and addresses; `purge=true` deletes its mail too."""
        await self._accounts.remove(name, call.flag("purge"))
        return {"_id": name}

    @routes.post("/control/v1/accounts/{name}/password", open=True)
    async def set_password(self, call: Call, name: str) -> Any:
        """Set `password`, else a random one, which is in the answer."""
        given = text_or_none(known(call.body(), {"password"}), "password")
        password = await self._accounts.set_password(name, given)
        return {"_id": name, "password": password if given is None else None}

    @routes.get("/control/v1/accounts/{name}/keys", open=True)
    def keys(self, call: Call, name: str) -> Any:
        """Answer the keys of an account, oldest first, each by its name and last characters."""
        seen = self._metering.usage.seen
        return [
            {**_key_json(key), "lastUsed": None if (at := seen(key.digest)) is None else date_json(at)}
            for key in self._accounts.keys(name)
        ]

    @routes.post("/control/v1/accounts/{name}/keys", open=True)
    async def add_key(self, call: Call, name: str) -> Any:
        """Add a key under the label `name`; `key` is one that is in use elsewhere, else a new one is in the answer."""
        body = known(call.body(), {"name", "key"})
        given = text_or_none(body, "key")
        entry, key = await self._accounts.add_key(name, text(body, "name", "key"), given)
        return {**_key_json(entry), "key": key if given is None else None}

    @routes.delete("/control/v1/accounts/{name}/keys", open=True)
    async def revoke_key(self, call: Call, name: str) -> Any:
        """Revoke the key that `which` names, by its label or its last four characters, and close its sockets."""
        # In the query and not in the path: somebody may give the key itself, and paths are logged.
        which = call.query("which")
        if not which:
            raise wrong("which", "must be the name or the last four characters of a key")
        return _key_json(await self._accounts.revoke_key(name, which))

    @routes.get("/control/v1/usage", open=True)
    def usage_of_all(self, call: Call) -> Any:
        """Answer what each account has used: in this month, in the one before, and in all."""
        usage, now = self._metering.usage, self._metering.now
        return [
            {
                "_id": account.name,
                "used": usage.month(account.name, now),
                "limit": account.monthly_ops,
                "lastMonth": usage.last_month(account.name, now),
                "allTime": usage.all_time(account.name),
            }
            for account in self._registry.accounts
        ]

    @routes.get("/control/v1/accounts/{name}/usage", open=True)
    def usage(self, call: Call, name: str) -> Any:
        """Answer what an account has used."""
        account = self._accounts.find(name)
        month = day_of(self._metering.now)[:7]
        return usage_json(account, self._accounts.keys(name), self._metering.usage, month)

    def _json(self, account: Account) -> dict[str, Any]:
        return {
            "_id": account.name,
            "email": account.email,
            "admin": account.admin,
            "disabled": account.disabled,
            "credits": account.credits,
            "messageLimit": account.message_limit,
            "monthlyOps": account.monthly_ops,
            "capturePrivate": account.capture_private,
            "addresses": self._registry.book.count(account.name),
            "keys": len(self._registry.accounts.keys_of(account.name)),
            "created": date_json(account.created),
            "updated": date_json(account.updated),
        }


def _key_json(key: ApiKey) -> dict[str, Any]:
    return {"account": key.account, "name": key.name, "last": key.last, "created": date_json(key.created)}


def _email(value: str) -> str:
    try:
        return canonical(value) if value else ""
    except InvalidAddress as error:
        raise wrong("email", f"is not an address: {error}") from error
