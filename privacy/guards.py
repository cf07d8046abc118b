"""What the database itself refuses."""

from controls.triggers import PREFIX, Trigger

TABLE = "privacy_certificate"


def no_certificate_under_a_hold() -> Trigger:
    """Nobody is erased whom somebody holds, not by SQL either: what evidence says is emptied only under a certificate.
    What was erased before and came back with a backup goes again: the hold that the backup knows came before."""
    held = "EXISTS (SELECT 1 FROM privacy_hold h WHERE h.subject_id = NEW.subject_id AND h.lifted_at IS NULL)"
    wrong = f"NEW.rule <> 'replayed' AND {held}"
    words = f"{TABLE}: a legal hold is in force"
    return Trigger(
        f"{PREFIX}{TABLE}_held",
        TABLE,
        "BEFORE INSERT",
        sqlite=f"WHEN {wrong} BEGIN SELECT RAISE(ABORT, '{words}'); END",
        postgres=f"IF {wrong} THEN RAISE EXCEPTION '{words}' USING ERRCODE = '23000'; END IF; RETURN NEW;",
    )
