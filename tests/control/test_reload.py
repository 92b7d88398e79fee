"""`mailsockctl reload`, from the command line to the answer and back."""

from mailsockd.actions.reloaded import Reloaded
from tests.control.house import House, Run


def _seen(run: Run) -> tuple[int, str, str]:
    return run.status, run.out, run.err


def test_what_is_in_force_and_what_waits_is_said_in_words() -> None:
    """One line says what was taken over, and one each what needs a restart; the exit status is 0."""
    house = House(reloaded=Reloaded("/etc/x.yaml", ("limits.recipients", "tls.certificates"), ("smtp.listen",)))
    assert _seen(house.ctl("reload")) == (
        0,
        "reloaded /etc/x.yaml: limits.recipients, tls.certificates\nsmtp.listen needs a restart\n",
        "",
    )


def test_nothing_new_is_said_so() -> None:
    """A file that says what is in force already is no failure."""
    assert _seen(House(reloaded=Reloaded("x", (), ())).ctl("reload")) == (0, "reloaded x: nothing new\n", "")


def test_a_refusal_is_exit_status_1_and_its_reason() -> None:
    """The reason of the daemon is the line on stderr."""
    house = House(reloaded="x.yaml:3: smtp.accept: must be domains or any (what was in force stays)")
    assert _seen(house.ctl("reload")) == (
        1,
        "",
        "mailsockctl: x.yaml:3: smtp.accept: must be domains or any (what was in force stays)\n",
    )


def test_programs_get_json() -> None:
    """The answer names what was read, what is in force and what needs a restart."""
    house = House(reloaded=Reloaded("x", ("api.anonymous_public",), ("data",)))
    assert house.json("POST", "reload") == {
        "config": "x",
        "reloaded": ["api.anonymous_public"],
        "needRestart": ["data"],
    }
