"""Changing what is kept beside a message: star, labels, folder, read (contract section 1.3)."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from twisted.internet.defer import Deferred, DeferredLock

from mailsockd.actions.messages import Messages, missing
from mailsockd.actions.ports import Mailbox
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import shielded
from mailsockd.mail.stored import Message
from mailsockd.state.accounts import Account

FOLDERS = ("inbox", "all", "spam", "trash", "sent", "drafts")
LONGEST_LABEL = 200  # characters
MOST_LABELS = 100

Change: TypeAlias = Callable[[Message], "Deferred[Message | None]"]


class Flags:
    """
    What an account may change about messages that it may read.

    The changes of one message are made one after the other, each on what the one before left; a change that has begun
    is finished, whether somebody waits for it or not.
    """

    def __init__(self, messages: Messages, mailbox: Mailbox) -> None:
        self._messages = messages
        self._mailbox = mailbox
        self._locks: dict[str, DeferredLock] = {}

    async def star(self, caller: Account, email: str, id: str) -> Message:
        """Star a message, or take the star from it. Raises Refusal 404."""
        return await self._change(
            caller,
            email,
            id,
            lambda message: self._mailbox.star(message, None if message.saved_by == caller.name else caller.name),
        )

    async def set_star(self, caller: Account, email: str, id: str, starred: bool) -> Message:
        """Star a message, or take the star from it, whatever it was. Raises Refusal 404."""
        name = caller.name if starred else None
        return await self._change(caller, email, id, lambda message: self._mailbox.star(message, name))

    async def move(self, caller: Account, email: str, id: str, folder: str) -> Message:
        """Put a message into one of FOLDERS. Raises Refusal 400 and 404."""
        if folder not in FOLDERS:
            reason = f"folder must be one of {', '.join(FOLDERS)}"
            raise Refusal(400, reason, (f"folder: {reason}",))
        return await self._change(caller, email, id, lambda message: self._mailbox.move(message, folder))

    async def mark(self, caller: Account, email: str, id: str, read: bool) -> Message:
        """Mark a message as read or as unread. Raises Refusal 404."""
        return await self._change(caller, email, id, lambda message: self._mailbox.mark(message, read))

    async def add_label(self, caller: Account, email: str, id: str, label: str) -> Message:
        """Add a label behind the others, unless it is there. Raises Refusal 400 and 404."""
        _check((label,))
        return await self._relabel(caller, email, id, lambda labels: _check((*labels, label)))

    async def remove_label(self, caller: Account, email: str, id: str, label: str) -> Message:
        """Remove a label if it is there. Raises Refusal 404."""
        return await self._relabel(caller, email, id, lambda labels: tuple(each for each in labels if each != label))

    async def set_labels(self, caller: Account, email: str, id: str, labels: Sequence[str]) -> Message:
        """Give a message these labels and no others. Raises Refusal 400 and 404."""
        wanted = _check(labels)
        return await self._relabel(caller, email, id, lambda _: wanted)

    async def _relabel(
        self, caller: Account, email: str, id: str, labels: Callable[[tuple[str, ...]], tuple[str, ...]]
    ) -> Message:
        return await self._change(
            caller, email, id, lambda message: self._mailbox.label(message, labels(message.labels))
        )

    async def _change(self, caller: Account, email: str, id: str, change: Change) -> Message:
        return await shielded(Deferred.fromCoroutine(self._in_turn(caller, email, id, change)))

    async def _in_turn(self, caller: Account, email: str, id: str, change: Change) -> Message:
        lock = self._locks.setdefault(id, DeferredLock())
        await lock.acquire()
        try:
            message = await self._messages.get(caller, email, id)
            changed = await change(message)
            if changed is None:
                raise missing(id, message.inbox)
            return changed
        finally:
            lock.release()
            if not lock.locked:
                self._locks.pop(id, None)


def _check(labels: Sequence[str]) -> tuple[str, ...]:
    """Give labels without repeats. Raises Refusal 400 for what is none, and for too many."""
    reason = ""
    for label in labels:
        if not 0 < len(label.strip()) <= len(label) <= LONGEST_LABEL:
            reason = f"a label has 1 to {LONGEST_LABEL} characters"
        elif any(character < " " or "\x7f" <= character <= "\x9f" for character in label):
            reason = "a label has no control characters"
    kept = tuple(dict.fromkeys(labels))
    if len(kept) > MOST_LABELS:
        reason = f"a message has at most {MOST_LABELS} labels"
    if reason:
        raise Refusal(400, f"The labels are not valid: {reason}.", (f"labels: {reason}",))
    return kept
