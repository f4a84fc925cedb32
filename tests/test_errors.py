import pytest

from vicugna.errors import (
    BudgetReached,
    Fatal,
    Refused,
    TeacherError,
    Transient,
    UserError,
    VicugnaError,
)


@pytest.mark.parametrize("kind", [Refused, Transient, Fatal])
def test_a_teacher_error_says_its_cause_and_is_no_mistake_of_the_user(kind):
    error = kind("The teacher is away.", cause="away")

    assert (str(error), error.cause) == ("The teacher is away.", "away")
    assert isinstance(error, TeacherError)
    assert not isinstance(error, UserError)


def test_every_error_of_ours_has_one_base():
    assert {UserError, BudgetReached, TeacherError} == set(VicugnaError.__subclasses__())


@pytest.mark.parametrize("seconds", [None, 0.0, 2.5])
def test_a_refusal_says_how_long_to_wait(seconds):
    assert Refused("Later.", cause="rate_limit", retry_after=seconds).retry_after == seconds
