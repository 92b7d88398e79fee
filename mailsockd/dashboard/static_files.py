"""The static files: read once at the start, served from memory, named by what is in them."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import attrs

_FOLDER = Path(__file__).parent / "static"
_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@attrs.frozen
class StaticFile:
    """One file as it is sent."""

    content: bytes
    content_type: str


@attrs.frozen
class StaticFiles:
    """All files by name. `version` changes when any of them does, so that browsers may keep them for ever."""

    files: Mapping[str, StaticFile]
    version: str

    @property
    def path(self) -> str:
        """The path under which they are: modules that import each other by relative names stay in one version."""
        return f"/static/{self.version}"


def read_static_files(folder: Path = _FOLDER) -> StaticFiles:
    """Read every file of a known type. Raises OSError."""
    files = {
        path.name: StaticFile(path.read_bytes(), _TYPES[path.suffix])
        for path in sorted(folder.iterdir())
        if path.suffix in _TYPES
    }
    digest = sha256()
    for name, file in files.items():
        digest.update(b"%s %d " % (name.encode(), len(file.content)) + file.content)
    return StaticFiles(files, digest.hexdigest()[:16])
