"""The PNG files of figures: the picture of the SVG beside them, at 200 dots an inch, when a format asks for them."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from hepatrial.errors import ReportError
from hepatrial.render import format_image
from hepatrial.report.png import PNG_DPI, write_png


def draw(inches, colour):
    drawing = Figure(figsize=inches)
    drawing.add_axes((0, 0, 0.5, 1)).set_axis_off()
    drawing.axes[0].axhspan(0, 1, color=colour)
    return format_image(drawing)


def test_each_svg_has_its_own_picture(tmp_path):
    colours = [(place / 2, 0.0, 1.0) for place in range(3)]
    for place, colour in enumerate(colours):
        (tmp_path / f"figure-{place:02d}.svg").write_bytes(draw((2.0 + place / 10, 1.0), colour).svg)
    write_png(tmp_path)
    for place, (red, green, blue) in enumerate(colours):
        with Image.open(tmp_path / f"figure-{place:02d}.png") as image:
            assert image.size == (round((2.0 + place / 10) * PNG_DPI), PNG_DPI)
            pixels = np.asarray(image.convert("RGB"))
        left, right = pixels[100, 100], pixels[100, -20]
        np.testing.assert_allclose(left, [255 * red, 255 * green, 255 * blue], atol=1)  # colours are 8 bits
        assert right.tolist() == [255, 255, 255]


def test_no_figure_is_no_error(tmp_path):
    write_png(tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_image_that_cannot_be_drawn_is_named(tmp_path):
    (tmp_path / "broken.svg").write_bytes(b"<svg")
    with pytest.raises(ReportError, match=r"broken as PNG: Typst could not draw it"):
        write_png(tmp_path)
