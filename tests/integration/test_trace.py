"""The reader of traces, on traces written by hand: what it must not take for a proof."""

from pathlib import Path

from tests.integration.trace import check

FILE = "11</d/mailbox.db-wal>"
HEADER = rf'7 10:00:00.1 pwrite64({FILE}, "\0\0\0\3\0\0\0\0' + "s" * 16 + '", 24, 32) = 24'
LAST_HEADER = rf'7 10:00:00.1 pwrite64({FILE}, "\0\0\0\3\0\0\0\4' + "s" * 16 + '", 24, 4152) = 24'
PAGE = f'7 10:00:00.2 pwrite64({FILE}, "..Subject: marker..", 4096, 56) = 4096'
LAST_PAGE = f'7 10:00:00.2 pwrite64({FILE}, "..id..", 4096, 4176) = 4096'
FLUSH = f"7 10:00:00.3 fdatasync({FILE}) = 0"
ANSWER = r'5 10:00:00.4 sendto(13<socket:[1]>, "250 2.0.0 OK : queued as id\r\n", 29, 0, NULL, 0) = 29'


def unflushed(folder: Path, *lines: str) -> list[str]:
    trace = folder / "trace"
    trace.write_text("\n".join(lines))
    proof = check(trace, {"id": b"marker"})
    assert len(proof.flushed) + len(proof.unflushed) == 1
    return proof.unflushed


def test_a_flush_after_the_whole_transaction_is_a_proof(tmp_path: Path) -> None:
    """Written, flushed, answered: that is the order."""
    assert unflushed(tmp_path, HEADER, PAGE, LAST_HEADER, LAST_PAGE, FLUSH, ANSWER) == []


def test_a_flush_before_the_end_of_the_transaction_is_none(tmp_path: Path) -> None:
    """A log without the transaction's last page is played back without the transaction."""
    assert unflushed(tmp_path, HEADER, PAGE, FLUSH, LAST_HEADER, LAST_PAGE, ANSWER) == ["id"]


def test_a_flush_that_failed_is_none(tmp_path: Path) -> None:
    """What fdatasync answered counts."""
    failed = FLUSH.replace("= 0", "= -1 EIO (Input/output error)")
    assert unflushed(tmp_path, HEADER, PAGE, LAST_HEADER, LAST_PAGE, failed, ANSWER) == ["id"]


def test_a_flush_of_another_file_is_none(tmp_path: Path) -> None:
    """Only the mailbox's own log counts."""
    other = FLUSH.replace("mailbox.db-wal", "state.db-wal")
    assert unflushed(tmp_path, HEADER, PAGE, LAST_HEADER, LAST_PAGE, other, ANSWER) == ["id"]


def test_a_flush_that_has_not_ended_is_none(tmp_path: Path) -> None:
    """An answer that leaves between the beginning of a flush and its end has not waited for it."""
    begun = f"7 10:00:00.3 fdatasync({FILE} <unfinished ...>"
    ended = "7 10:00:00.5 <... fdatasync resumed>) = 0"
    assert unflushed(tmp_path, HEADER, PAGE, LAST_HEADER, LAST_PAGE, begun, ANSWER, ended) == ["id"]
    assert unflushed(tmp_path, HEADER, PAGE, LAST_HEADER, LAST_PAGE, begun, ended, ANSWER) == []


def test_an_answer_to_a_mail_that_was_never_written_is_none(tmp_path: Path) -> None:
    """A flush of something else proves nothing for this mail."""
    other = PAGE.replace("marker", "another")
    assert unflushed(tmp_path, HEADER, other, LAST_HEADER, LAST_PAGE, FLUSH, ANSWER) == ["id"]
