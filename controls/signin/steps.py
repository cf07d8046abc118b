"""Between the password and the session: who is on the way in, how far, and which step comes next.

Django knows nobody until the last step is done: `request.user` stays anonymous, so whatever forgets to ask about
the second factor finds nobody signed in.
"""

from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from base import clock
from base.crypto import decrypt, encrypt
from controls.actor import Actor
from controls.addresses import address_of
from controls.middleware import CONFIRM_URL, SESSION
from controls.models.factors import RecoverySheet, factors_of
from controls.models.people import Person
from controls.models.sessions import Session
from controls.signin.actions import new_key, sign_in

KEY = "controls_pending"
KEY_SECRET = "controls_new_key"  # noqa: S105 - the name of the place, not a secret
WITHIN = timedelta(minutes=30)
BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True)
class Pending:
    """Somebody gave the right password and is not in yet."""

    person: str
    since: str
    password_mark: str
    next: str = ""
    factor_at: str = ""

    def actor(self, person: Person) -> Actor:
        return Actor.of(person, confirmed_at=datetime.fromisoformat(self.factor_at) if self.factor_at else None)


def begin(request: HttpRequest, person: Person, after: str) -> None:
    """The password was right. Whatever session the browser brought is thrown away with its key."""
    request.session.flush()
    rotate_token(request)
    _keep(request, Pending(str(person.pk), clock.now().isoformat(), person.get_session_auth_hash(), safe(after)))


def pending(request: HttpRequest) -> tuple[Pending, Person] | None:
    """Who is on the way in; nobody after half an hour, a new password or a suspension."""
    kept = request.session.get(KEY)
    if kept is None:
        return None
    state = Pending(**kept)
    person = Person.all_unrestricted.filter(pk=state.person, is_active=True).first()
    late = clock.now() - datetime.fromisoformat(state.since) > WITHIN
    if person is None or late or person.get_session_auth_hash() != state.password_mark:
        request.session.flush()
        return None
    return state, person


def factor_given(request: HttpRequest, state: Pending) -> Pending:
    """A second factor was given: the session gets a new key, and what follows counts as freshly confirmed."""
    request.session.cycle_key()
    return _keep(request, replace(state, factor_at=clock.now().isoformat()))


def password_changed(request: HttpRequest, state: Pending, person: Person) -> Pending:
    request.session.cycle_key()
    return _keep(request, replace(state, password_mark=person.get_session_auth_hash()))


def onward(request: HttpRequest, state: Pending, person: Person) -> HttpResponse:
    """To the step that is still missing, or in."""
    missing = _missing(state, person)
    return HttpResponseRedirect(reverse(missing)) if missing else _enter(request, state, person)


def is_next(name: str, state: Pending, person: Person) -> bool:
    return _missing(state, person) == name


def _missing(state: Pending, person: Person) -> str | None:
    enrolled = bool(factors_of(person))
    if enrolled and not state.factor_at:
        return "signin:factor"
    if person.password_is_temporary:
        return "signin:new-password"
    if not enrolled:
        return "signin:enrol"
    if not RecoverySheet.all_unrestricted.of(person).in_use().exists():
        return "signin:codes"
    return None


def _enter(request: HttpRequest, state: Pending, person: Person) -> HttpResponse:
    session = sign_in(person, by=state.actor(person), address=address_of(request), browser=browser_of(request))
    request.session.pop(KEY)
    login(request, person, backend=BACKEND)
    request.session[SESSION] = str(session.pk)
    return HttpResponseRedirect(state.next or reverse("admin:index"))


def _keep(request: HttpRequest, state: Pending) -> Pending:
    request.session[KEY] = asdict(state)
    return state


def confirmed(request: HttpRequest, session: Session) -> None:
    """A factor was given again: sensitive actions are open for the next quarter of an hour."""
    request.session.cycle_key()
    Session.all_unrestricted.filter(pk=session.pk).update(confirmed_at=clock.now())


def confirm_first(after: str) -> HttpResponseRedirect:
    """Where an edge sends a person whose action raised ConfirmationNeeded; `after` is the page to come back to."""
    return HttpResponseRedirect(f"{CONFIRM_URL}?{urlencode({'next': after})}")


def safe(address: str) -> str:
    """An address within this site, or nothing: a link to sign-in must not lead to somebody else's page."""
    inside = url_has_allowed_host_and_scheme(address, allowed_hosts=None, require_https=False)
    return address if inside and address.startswith("/") else ""


def new_secret(request: HttpRequest, person: Person) -> str:
    """The key of the authenticator being set up: the same until it is confirmed, encrypted in the session."""
    place = f"enrolment.{person.pk}"
    if kept := request.session.get(KEY_SECRET):
        return decrypt(b64decode(kept), place).decode()
    key = new_key()
    request.session[KEY_SECRET] = b64encode(encrypt(key.encode(), place)).decode()
    return key


def secret_used(request: HttpRequest) -> None:
    request.session.pop(KEY_SECRET, None)


BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_of(request: HttpRequest) -> str:
    """So much of the browser's description as tells a person "that is my laptop"; the rest is nobody's business."""
    said = request.headers.get("User-Agent", "")
    browser = next((name for mark, name in BROWSERS if mark in said), "")
    system = next((name for mark, name in SYSTEMS if mark in said), "")
    return " · ".join(filter(None, (browser, system)))
