"""Signing in: a password, then a second factor; nothing is open in between.

password -> (factor, when one is enrolled) -> (new password, while it is temporary) -> (authenticator, when none is
enrolled) -> (recovery codes, when none were kept) -> session. `steps.py` knows which comes next, `actions.py` holds
what changes, `lockouts.py` counts guesses, `views.py` and `account.py` are the pages.
"""
