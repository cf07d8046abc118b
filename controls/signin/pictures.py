"""The key of an authenticator app, drawn."""

import base64
import io
from urllib.parse import quote, urlencode

import qrcode
from django.conf import settings
from qrcode.image.svg import SvgPathImage

from controls.models.people import Person


def picture_of(person: Person, key: str) -> dict[str, str]:
    """The key as a picture to scan, and as text to type where nothing can be scanned."""
    text = base64.b32encode(bytes.fromhex(key)).decode()
    issuer = settings.OTP_WEBAUTHN_RP_NAME
    asked = urlencode({"secret": text, "issuer": issuer, "digits": 6, "period": 30}, quote_via=quote)
    drawn = io.BytesIO()
    address = f"otpauth://totp/{quote(issuer)}:{quote(person.username)}?{asked}"
    qrcode.make(address, image_factory=SvgPathImage, border=2).save(drawn)
    return {
        "picture": "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode(),
        "key_text": " ".join(text[start : start + 4] for start in range(0, len(text), 4)),
    }
