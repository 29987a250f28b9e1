"""Adding to the catalogue of failures and editing it (contract 2.11)."""

from typing import Literal

from django.db import transaction

from scale.domain.times import now as present
from scale.errors import InvalidInput, NotFound
from scale.models import Error
from scale.services.faults import refuse_taken

#: SYSTEM is Scale's own: such failures are retried.
Category = Literal["ALGORITHM", "DATA"]


@transaction.atomic
def create_error(*, name: str, title: str, description: str, category: Category) -> Error:
    """Add an error that job types may map exit codes to.

    Raises:
        InvalidInput: the name is taken.
    """
    now = present()
    with refuse_taken(error_name_key=f"name: error '{name}' exists already"):
        return Error.objects.create(
            name=name,
            title=title,
            description=description,
            category=category,
            created=now,
            last_modified=now,
        )


@transaction.atomic
def edit_error(
    error_id: int,
    *,
    title: str | None = None,
    description: str | None = None,
    category: Category | None = None,
) -> Error:
    """Change an error; what is None or empty stays as it is.

    Raises:
        NotFound: there is none with this id.
        InvalidInput: it is a SYSTEM error.
    """
    error = Error.objects.select_for_update(no_key=True).filter(pk=error_id).first()
    if error is None:
        raise NotFound(f"There is no error {error_id}.")
    if error.category == Error.Category.SYSTEM:
        raise InvalidInput(f"category: error '{error.name}' is a SYSTEM error and stays as it is")
    error.title = title or error.title
    error.description = description or error.description
    error.category = category or error.category
    error.last_modified = present()
    error.save(update_fields=["title", "description", "category", "last_modified"])
    return error
