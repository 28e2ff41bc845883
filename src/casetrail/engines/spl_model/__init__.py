"""A model of the part of SPL that we emit, written from Splunk's documentation. It is not Splunk.

No Splunk can run where this is tested, so a query is run here instead: by a reader of the documented semantics that
knows nothing of how the query was made. Docstrings name the pages (of the Search Reference, unless said otherwise)
on which a fact stands. Where a page is silent or contradicts itself the model raises UnspecifiedError; where Splunk
would cut results in silence it raises LimitError; on the few points that no query can avoid it takes a `Readings`, so
that a test can show that a verdict is the same under all of them. Agreement with the model shows that a query means
what the documentation says, not that Splunk does.

Not modelled, though Splunk does it: the memory limits of stats and eventstats, the approximations of high-cardinality
figures short of an error, time zones other than UTC, searches of _raw by terms, and what a field's own configuration
(aliases, calculated fields, extractions other than JSON) adds.

Numbers are exact fractions, and `_time` is exact to the microsecond, so that the edge of a window is an edge;
`Readings(exact=False)` computes in doubles as Splunk says it does.
"""

from casetrail.engines.spl_model.context import Lookup
from casetrail.engines.spl_model.engine import run
from casetrail.engines.spl_model.errors import LimitError, SplError, UnspecifiedError
from casetrail.engines.spl_model.extract import extracted
from casetrail.engines.spl_model.readings import ALL, Readings

__all__ = ["ALL", "LimitError", "Lookup", "Readings", "SplError", "UnspecifiedError", "extracted", "run"]
