"""Result rows and analysis data to tables, figures and listings; nothing here computes a statistic."""

from hepatrial.render.drawing_process import DrawingProcess, collect_seldom, drawing_process
from hepatrial.render.figure_jobs import send_record_figures
from hepatrial.render.figures.style import FONT_FAMILY, FONT_PATH, format_image
from hepatrial.render.formatters import format_value
from hepatrial.render.objects import (
    Cell,
    Column,
    Figure,
    Image,
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
    "Image",
    "Listing",
    "Part",
    "RenderedReport",
    "Row",
    "Table",
    "cell_text",
    "check_templates",
    "collect_seldom",
    "drawing_process",
    "format_image",
    "format_value",
    "iter_parts",
    "make_empty_data",
    "render_report",
    "render_shells",
    "send_record_figures",
]
