"""The query languages by the name that a backend calls them."""

from __future__ import annotations

from casetrail.languages.esql.query import ESQL
from casetrail.languages.kql.query import KQL
from casetrail.languages.language import Language
from casetrail.languages.querydsl.query import QUERY_DSL
from casetrail.languages.spl.query import SPL
from casetrail.pack.files import PackError
from casetrail.stores.store import Backend

LANGUAGES = {language.name: language for language in (ESQL, QUERY_DSL, KQL, SPL)}


def language_of(backend: Backend) -> Language:
    """Raises PackError for a language that isn't known."""
    if backend.language not in LANGUAGES:
        raise PackError(f"{backend.name}: no language is named {backend.language}; there are {', '.join(LANGUAGES)}")
    return LANGUAGES[backend.language]
