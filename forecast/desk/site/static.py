"""The files that every page uses, in memory."""

from __future__ import annotations

import hashlib
from pathlib import Path

FOLDER = Path(__file__).with_name("assets")
TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
FILES = {path.name: (path.read_bytes(), TYPES[path.suffix]) for path in sorted(FOLDER.iterdir())}
STYLE_VERSION = hashlib.sha256(FILES["page.css"][0]).hexdigest()[:12]  # in its address
