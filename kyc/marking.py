"""A picture with words across it, in its pixels: whose copy this is, wherever it goes."""

import io

from PIL import Image, ImageDraw

from kyc.specimen.paper import font

STEPS = 6


def marked(data: bytes, text: str, content_type: str) -> bytes:
    """The words again and again, light on dark, so that they are read on any ground; each row is shifted."""
    with Image.open(io.BytesIO(data)) as opened:
        picture = opened.convert("RGBA")
    size = max(11, picture.width // 45)
    face = font(size)
    layer = Image.new("RGBA", picture.size)
    pen = ImageDraw.Draw(layer)
    width, step = int(pen.textlength(text, font=face)) + 3 * size, max(4 * size, picture.height // STEPS)
    for row, top in enumerate(range(size, picture.height + step, step)):
        for left in range(-(row * width // 3) % width - width, picture.width, width):
            pen.text(
                (left, top), text, font=face, fill=(255, 255, 255, 150), stroke_width=1, stroke_fill=(0, 0, 0, 150)
            )
    kept, out = Image.alpha_composite(picture, layer).convert("RGB"), io.BytesIO()
    kept.save(out, "JPEG" if content_type == "image/jpeg" else "PNG")
    return out.getvalue()
