"""What a pack goes by in a SIEM, by its settings or its folder's name."""

from __future__ import annotations

import os
import re

from casetrail.pack.pack import Pack
from casetrail.stores.identity import OURS, Identity


def identity_of(pack: Pack) -> Identity:
    """The identity that the settings say, a customer's first; what they leave out is made of the folder's name.

    A pack that says no id never has casetrail's own.
    """
    told = {**(pack.settings.data.get("package") or {}), **_own(pack)}
    # Whatever the locale took the name's bytes for.
    folder = os.fsencode(pack.folder.resolve().name).decode("utf-8", "replace")
    slug = re.sub(r"[^a-z0-9]+", "_", folder.lower()).strip("_")
    slug = f"pack_{slug}" if not slug[:1].isalpha() or slug == OURS.id else slug
    own = OURS
    if told.get("id") == own.id:
        own_words = {"author": own.author, "license": own.license, "version": own.version, "about": own.about}
    else:
        own_words = {"author": "", "license": "", "version": "0.0.0", "about": f"Sigma rules of {told.get('name', folder)}."}
    words = {"id": slug, "name": folder, **own_words, **{_KEYS.get(key, key): value for key, value in told.items()}}
    return Identity(**{"tag": words["id"], **words})


_KEYS = {"description": "about"}


def _own(pack: Pack) -> dict[str, str]:
    return dict(pack.overlay.settings.data.get("package") or {}) if pack.overlay else {}
