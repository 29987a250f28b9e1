"""Draw a GeoJSON collection of places as a world map, dots sized by population."""

import argparse
import io
import json
import unicodedata
from collections.abc import Iterable
from functools import cache
from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from typing import cast

from PIL import Image, ImageDraw, ImageFont
from survey import Place, Survey, deliver, read_geojson

WIDTH, HEIGHT, MARGIN, TITLE = 1800, 978, 40, 100
OVERSAMPLING = 2  # drawn larger and scaled down: smooth edges
LABELS = 40

PAPER, SEA, GRATICULE, LAND, COAST = "#fbfaf7", "#dfeaf1", "#c9d9e4", "#f3efe4", "#b9b19c"
DOT, RIM, INK, FAINT = (192, 57, 43, 120), (128, 28, 18, 230), "#1f2d3a", "#6b7885"

Point = tuple[float, float]
Box = tuple[float, float, float, float]


def equal_earth(longitude: float, latitude: float) -> Point:
    """Project onto the Equal Earth map: sizes are true (Šavrič, Patterson, Jenny 2018)."""
    a, b, c, d = 1.340264, -0.081106, 0.000893, 0.003796
    theta = asin(sqrt(3) / 2 * sin(radians(latitude)))
    t2, t6 = theta**2, theta**6
    slope = a + 3 * b * t2 + t6 * (7 * c + 9 * d * t2)
    x = 2 * sqrt(3) * radians(longitude) * cos(theta) / (3 * slope)
    return x, theta * (a + b * t2 + t6 * (c + d * t2))


EDGE, _ = equal_earth(180, 0)
_, POLE = equal_earth(0, 90)
SCALE = (WIDTH - 2 * MARGIN) / (2 * EDGE) * OVERSAMPLING


def on_paper(longitude: float, latitude: float) -> Point:
    """Return the pixel of a place."""
    x, y = equal_earth(longitude, latitude)
    return (
        (x + EDGE) * SCALE + MARGIN * OVERSAMPLING,
        (POLE - y) * SCALE + TITLE * OVERSAMPLING,
    )


def meridian(longitude: float) -> list[Point]:
    """Return the line from pole to pole."""
    return [on_paper(longitude, latitude) for latitude in range(-90, 91)]


def parallel(latitude: float) -> list[Point]:
    """Return the line around the globe, straight on this map."""
    return [on_paper(-180, latitude), on_paper(180, latitude)]


class Map:
    """A picture in the making."""

    def __init__(self) -> None:
        size = (WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING)
        self.image = Image.new("RGB", size, PAPER)
        self.draw = ImageDraw.Draw(self.image, "RGBA")
        self.taken: list[Box] = []

    def globe(self) -> None:
        """Draw sea, land and graticule."""
        self.draw.polygon(meridian(-180) + meridian(180)[::-1], fill=SEA)
        land = json.loads(Path(__file__).with_name("land.json").read_text("utf-8"))
        for polygon in land["coordinates"]:
            for ring, fill in zip(polygon, [LAND] + [SEA] * len(polygon), strict=False):
                self.draw.polygon([on_paper(*point) for point in ring], fill=fill, outline=COAST)
        lines = [*map(meridian, range(-180, 181, 30)), *map(parallel, range(-60, 61, 30))]
        for line in lines:
            self.draw.line(line, fill=GRATICULE, width=OVERSAMPLING)

    def dots(self, places: Iterable[Place]) -> None:
        """Draw each place, larger for more people."""
        for place in places:
            x, y = on_paper(place.longitude, place.latitude)
            r = radius(place)
            self.draw.ellipse((x - r, y - r, x + r, y + r), fill=DOT, outline=RIM, width=2)

    def labels(self, places: Iterable[Place]) -> None:
        """Name as many of the places as there is room for."""
        for place in places:
            self.label(place)
            if len(self.taken) == LABELS:
                return

    def label(self, place: Place) -> None:
        """Write the name right, left, above or below the dot, or nowhere."""
        x, y = on_paper(place.longitude, place.latitude)
        gap = radius(place) + 3 * OVERSAMPLING
        style = font(14)
        text = legible(place.name, style)
        for anchor, dx, dy in (("lm", gap, 0), ("rm", -gap, 0), ("ms", 0, -gap), ("mt", 0, gap)):
            at = (x + dx, y + dy)
            box = self.draw.textbbox(at, text, font=style, anchor=anchor)
            if self.is_free(box):
                self.taken.append(box)
                halo = 2 * OVERSAMPLING
                self.draw.text(at, text, INK, style, anchor, stroke_width=halo, stroke_fill="#fffc")
                return

    def is_free(self, box: Box) -> bool:
        """Say whether a label would be on the paper and touch no other."""
        on_sheet = box[0] >= 0 and box[2] <= self.image.width
        return on_sheet and not any(overlap(box, other) for other in self.taken)

    def title(self, survey: Survey) -> None:
        """Say what the map shows."""
        left, right = MARGIN * OVERSAMPLING, (WIDTH - MARGIN) * OVERSAMPLING
        people = sum(place.population for place in survey.places)
        self.draw.text(
            (left, left), f"{len(survey.places)} places, {people:,} people", INK, font(34)
        )
        note = f"{survey.as_of}  |  Equal Earth projection  |  land: Natural Earth"
        self.draw.text((right, left), note, FAINT, font(15), anchor="ra")

    def png(self) -> bytes:
        """Return the finished picture."""
        buffer = io.BytesIO()
        smooth = self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        smooth.quantize(128).save(buffer, "PNG", optimize=True)
        return buffer.getvalue()


def radius(place: Place) -> float:
    """Return the radius of a place's dot."""
    return OVERSAMPLING * (1.5 + 4.2 * sqrt(place.population / 10**6))


def overlap(a: Box, b: Box) -> bool:
    """Say whether two boxes share a pixel."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Return a font of this size, at worst the one inside Pillow."""
    for name in ("DejaVuSans.ttf", "Arial.ttf"):
        try:
            return ImageFont.truetype(name, size * OVERSAMPLING)
        except OSError:
            continue
    return cast("ImageFont.FreeTypeFont", ImageFont.load_default(size * OVERSAMPLING))


def legible(name: str, style: ImageFont.FreeTypeFont) -> str:
    """Leave out a local spelling in parentheses, and accents if the font has none."""
    name = name.partition(" (")[0]
    if style.getname()[0] != "Aileron":  # Pillow's own font: ASCII and little else
        return name
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input", type=Path)
    parser.add_argument("output_dir", type=Path)
    arguments = parser.parse_args()

    survey = read_geojson(arguments.input)
    drawing = Map()
    drawing.globe()
    drawing.dots(survey.largest)
    drawing.labels(survey.largest)
    drawing.title(survey)
    deliver(arguments.output_dir, "map", "map.png", drawing.png(), survey)


if __name__ == "__main__":
    main()
