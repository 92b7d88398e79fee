"""One try of one delivery, which always ends: a channel may raise, or never answer."""

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from mailsockd.delivery.channel import Outcome, Parcel, Postponed, QueuedChannel
from mailsockd.delivery.pauses import in_words

_log = Logger()


def attempt(channel: QueuedChannel, parcel: Parcel, timeout: float, clock: IReactorTime) -> "Deferred[Outcome]":
    """
    Have a channel try once. Fires with what came of it, and fails only when it is cancelled.

    After `timeout` seconds the try is cancelled and counts as silence, whatever the channel makes of that.
    """
    sending = ensureDeferred(channel.send(parcel))

    def end(_: object) -> None:
        timer.cancel()
        sending.cancel()

    answer: Deferred[Outcome] = Deferred(end)

    def silent() -> None:
        answer.callback(Postponed(f"no answer within {in_words(timeout)}"))
        sending.cancel()

    timer = clock.callLater(timeout, silent)

    def done(outcome: Outcome) -> None:
        if timer.active():
            timer.cancel()
            answer.callback(outcome)

    def failed(failure: Failure) -> None:
        if timer.active():
            # What it says may hold a target's secret, so that only its kind is told to people.
            _log.failure("the channel {name} failed", failure, name=channel.name)
            done(Postponed(f"the channel failed ({failure.type.__name__ if failure.type else 'unknown'})"))

    sending.addCallbacks(done, failed)
    return answer
