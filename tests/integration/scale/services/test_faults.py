import pytest
from django.db import IntegrityError

from scale.errors import InvalidInput
from scale.models import Error, JobType
from scale.services.faults import Faults, refuse_taken


def check(number: int, *, least: int) -> int:
    if number < least:
        raise InvalidInput([f"{number}: too small", "sorry"])
    return number


def test_faults_are_gathered_and_told_together() -> None:
    faults = Faults()

    assert faults.attempt(check, 5, least=3) == 5
    assert faults.attempt(check, 1, least=3) is None
    assert faults.attempt(check, 2, least=3) is None

    with pytest.raises(InvalidInput) as caught:
        faults.refuse()
    assert caught.value.faults == ["1: too small", "sorry", "2: too small", "sorry"]


def test_no_faults_refuse_nothing() -> None:
    Faults().refuse()


@pytest.mark.django_db
def test_violated_constraint_becomes_its_fault_and_is_undone() -> None:
    def make_both() -> None:
        with refuse_taken(error_name_key="name: taken"):
            Error.objects.create(name="new", category="DATA")
            Error.objects.create(name="nfs", category="DATA")

    with pytest.raises(InvalidInput, match="name: taken"):
        make_both()

    assert not Error.objects.filter(name="new").exists()


@pytest.mark.django_db
def test_other_violated_constraint_is_no_fault_of_the_client() -> None:
    with pytest.raises(IntegrityError), refuse_taken(error_name_key="name: taken"):
        JobType.objects.create(name="x", version="1", max_tries=0)
