"""report.html: one file that works offline, loads nothing, and shows any number's origin when it is clicked.

The page carries a content security policy that allows only its own style and script, by their hashes. Text of the
study and the data is escaped by the template; figures are SVG images in data addresses; the part of the font that the
page uses is embedded, so that Chinese text shows whatever fonts a machine has.
"""

import base64
import hashlib
import io
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTFont
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from hepatrial import __version__
from hepatrial.contracts import Exports, Findings
from hepatrial.render import FONT_FAMILY, FONT_PATH, Figure, Listing, RenderedReport, Table
from hepatrial.report.cells import cell_html, head_html, listing_body_html, table_body_html
from hepatrial.report.panel import format_json
from hepatrial.report.sections import group_sections, kind_of
from hepatrial.study import Study

ASSETS = Path(__file__).parent / "assets"
SHOWN_FINDINGS = 500
SLOT = "__asset__"  # stands between signs that escaped text cannot hold


def format_html(
    rendered: RenderedReport, findings: Findings, panel: Mapping[str, Any], images: Mapping[str, bytes], study_hash: str
) -> list[str]:
    """The page in pieces, which of a large study are never one text; ``images``: the SVG of each figure by number."""
    return _render(
        "report.html.j2",
        report=rendered,
        sections=group_sections(rendered.outputs),
        findings=findings.frame.head(SHOWN_FINDINGS).to_dict("records"),
        n_findings=len(findings.frame),
        bodies={item.number: _body(item, images) for item in rendered.everything},
        kinds={item.number: kind_of(item) for item in rendered.outputs},
        panel=Markup(format_json(panel)),
        study_hash=study_hash[:12],
    )


def format_findings(study: Study, findings: Findings, exports: Exports) -> str:
    """The findings alone as a page, for the person who mends the data."""
    return format_page(
        "findings.html.j2",
        study_id=study.identity.study_id,
        title=study.identity.title,
        is_simulated=exports.simulated,
        exported_on=exports.exported_on.isoformat(),
        findings=findings.frame.head(SHOWN_FINDINGS).to_dict("records"),
        n_findings=len(findings.frame),
        n_blocking=len(findings.at_or_above(study.findings_limit)),
    )


def format_page(template: str, **values: object) -> str:
    """A page of its own from a template of the assets; everything in ``values`` is escaped."""
    return "".join(_render(template, **values))


def _render(template: str, **values: object) -> list[str]:
    pieces = list(_environment().get_template(template).generate(version=__version__, **values))
    return _add_assets(pieces)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"cell": cell_html, "anchor": anchor}
    return environment


def anchor(number: str) -> str:
    """Id of an output in the page."""
    return f"o{number.replace('.', '-')}"


def _body(output: Table | Listing | Figure, images: Mapping[str, bytes]) -> Markup:
    if isinstance(output, Table):
        return head_html(output.columns, output.stub) + table_body_html(output)
    if isinstance(output, Listing):
        return head_html(output.columns, None) + listing_body_html(output)
    return Markup("data:image/svg+xml;base64,{}").format(base64.b64encode(images[output.number]).decode("ascii"))


def _add_assets(pieces: list[str]) -> list[str]:
    """The page with style, script, font, and the policy that names their hashes."""
    style = (ASSETS / "report.css").read_text(encoding="utf-8").strip()
    script = (ASSETS / "report.js").read_text(encoding="utf-8").strip()
    font = base64.b64encode(_subset_font(set(style).union(*map(set, pieces)))).decode("ascii")
    face = f'@font-face{{font-family:"{FONT_FAMILY}";src:url(data:font/otf;base64,{font}) format("opentype")}}\n'
    policy = (
        "default-src 'none'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src '{_policy_hash(face + style)}'; script-src '{_policy_hash(script)}'"
    )
    for slot, text in (('content="{}"', policy), ("<style>{}</style>", face + style), ("<script>{}</script>", script)):
        wanted = slot.format(SLOT)
        place = next(place for place, piece in enumerate(pieces) if wanted in piece)
        pieces[place] = pieces[place].replace(wanted, slot.format(text), 1)
    return pieces


def _policy_hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"


def _subset_font(letters: Set[str]) -> bytes:
    """The font with only these letters; the same letters give the same bytes."""
    font = TTFont(io.BytesIO(FONT_PATH.read_bytes()), lazy=True, recalcTimestamp=False)
    options = subset.Options(hinting=False, layout_features=[], notdef_outline=True)
    options.drop_tables += ["GPOS", "GSUB"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="".join(sorted(letters)))
    subsetter.subset(font)
    target = io.BytesIO()
    font.save(target)
    return target.getvalue()
