"""Result rows and analysis data to tables, figures and listings; nothing here computes a statistic."""

from hepatrial.render.drawing_process import DrawingProcess, drawing_process
from hepatrial.render.figures.style import FONT_FAMILY, FONT_PATH, format_figure, format_images
from hepatrial.render.formatters import format_value
from hepatrial.render.objects import (
    Cell,
    Column,
    Figure,
    Images,
    Listing,
    Part,
    RenderedReport,
    Row,
    Table,
    cell_text,
    iter_parts,
)
from hepatrial.render.render import TEMPLATES, check_templates, render_report
from hepatrial.render.shells import make_empty_data, render_shells

__all__ = [
    "FONT_FAMILY",
    "FONT_PATH",
    "TEMPLATES",
    "Cell",
    "Column",
    "DrawingProcess",
    "Figure",
    "Images",
    "Listing",
    "Part",
    "RenderedReport",
    "Row",
    "Table",
    "cell_text",
    "check_templates",
    "drawing_process",
    "format_figure",
    "format_images",
    "format_value",
    "iter_parts",
    "make_empty_data",
    "render_report",
    "render_shells",
]
