"""What the routes of errors take (contract 2.11)."""

from api.fields import Order, Text
from api.inputs import Input, Range
from api.ordering import ERROR

CATEGORIES = ("ALGORITHM", "DATA")


class ErrorListInput(Range):
    """Filters and order of errors."""

    order = Order(ERROR, default=["last_modified"])


class ErrorCreateInput(Input):
    """A new error."""

    name = Text(max_length=50, allow_blank=False)
    title = Text(max_length=50)
    description = Text(max_length=250)
    category = Text(choices=CATEGORIES)


class ErrorEditInput(Input):
    """What may change of an error; empty values leave the old ones."""

    title = Text(required=False, max_length=50)
    description = Text(required=False, max_length=250)
    category = Text(required=False, choices=("", *CATEGORIES))
