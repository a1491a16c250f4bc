"""What schemas don't say of valid requests. Positions and names are given by answers,
nobody can make them up; texts of one line are neither blank nor hold control characters.
Where a request is meant to be valid, such parameters are left out; requests that are
meant to be invalid stay as they are.
"""

import unicodedata

import schemathesis

# Query parameters whose values come from answers, or that bound each other.
GIVEN = {"cursor", "after", "page", "from", "to", "external_id"}


def is_line(value):
    """Whether a text would be taken as one line; what is no text is not ours to judge."""
    return not isinstance(value, str) or value.strip() and all(unicodedata.category(c) != "Cc" for c in value)


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is not None and not case.meta.generation.mode.is_positive:
        return
    query, headers = case.query or {}, case.headers or {}
    # A report is about channels or about assignees.
    besides = {"assignee_id"} if "/reports/" in case.path and "channel_id" in query else set()
    for name, value in list(query.items()):
        # Times are from 1970 on.
        if isinstance(value, str) and value < "1970" and value[4:5] == "-":
            del query[name]
        elif name in GIVEN | besides or not is_line(value):
            del query[name]
    for name, value in list(headers.items()):
        if name == "If-Match" and not value:
            del headers[name]
