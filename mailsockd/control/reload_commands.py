"""`mailsockctl reload`."""

from mailsockd.control.command import Context, Group


def declare(program: Group) -> None:
    """Declare the command."""
    program.command(
        "reload",
        _reload,
        "Have the daemon read its configuration and certificates again. No connection is dropped; a file that is not "
        "good is refused with its reason, exit status 1, and what was in force stays.",
        "reload",
        "reload --json",
    )


def _reload(context: Context) -> None:
    done = context.daemon.call("POST", "reload")
    if context.output.json:
        context.output.value(done)
        return
    context.output.say(f"reloaded {done['config']}: {', '.join(done['reloaded']) or 'nothing new'}")
    for name in done["needRestart"]:
        context.output.say(f"{name} needs a restart")
