"""The static files as they are read at the start."""

import re
from pathlib import Path

import pytest

from mailsockd.dashboard.static_files import StaticFile, read_static_files


def test_files_of_known_types_are_read(tmp_path: Path) -> None:
    """Style sheets, scripts and pictures are served by name; what an editor leaves behind is not."""
    (tmp_path / "a.css").write_text("a{}")
    (tmp_path / "b.js").write_text("let b")
    (tmp_path / "b.js~").write_text("old")
    (tmp_path / ".b.js.swp").write_text("old")
    assert read_static_files(tmp_path).files == {
        "a.css": StaticFile(b"a{}", "text/css; charset=utf-8"),
        "b.js": StaticFile(b"let b", "text/javascript; charset=utf-8"),
    }


def test_the_version_follows_the_content(tmp_path: Path) -> None:
    """Any change of any file, or of its name, gives another path, and no change gives the same."""
    (tmp_path / "a.css").write_text("a{}")
    first = read_static_files(tmp_path).path
    assert read_static_files(tmp_path).path == first
    (tmp_path / "a.css").write_text("b{}")
    second = read_static_files(tmp_path).path
    (tmp_path / "a.css").rename(tmp_path / "c.css")
    assert len({first, second, read_static_files(tmp_path).path}) == 3


@pytest.mark.parametrize("name", sorted(name for name in read_static_files().files if name.endswith(".js")))
def test_scripts_put_in_text_as_text(name: str) -> None:
    """No script makes markup or code of a text, and each imports only files that are there."""
    text = read_static_files().files[name].content.decode()
    markup = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(|DOMParser"
    assert re.findall(markup, text) == []
    assert set(re.findall(r"(?:from|import) '\./([^']+)'", text)) <= set(read_static_files().files)
