"""How long is waited for a receiver that fails, and when it is no longer tried."""

import random
from datetime import datetime, timedelta

SHORTEST, LONGEST = timedelta(seconds=1), timedelta(hours=1)
FAILURES = 15  # in a row; about four hours of trying
HOURS = timedelta(hours=6)
REFUSALS = 5  # of one event by a receiver that is there: the next ones may still be taken
MAIL_TRIES = 15  # nobody resumes a mailbox


def pause(failures: int) -> timedelta:
    """After so many failures in a row: twice as long each time, and by chance up to half of it less, so that many that
    fell together do not come back together."""
    whole: timedelta = min(SHORTEST * 2 ** min(max(failures - 1, 0), 20), LONGEST)
    return timedelta(seconds=whole.total_seconds() * random.uniform(0.5, 1))  # noqa: S311 - spreads load, keeps no secret


def lost(failures: int, since: datetime, now: datetime) -> bool:
    """Whether it has failed so often or so long that a person must look."""
    return failures >= FAILURES or now - since >= HOURS
