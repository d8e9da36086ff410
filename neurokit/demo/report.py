"""The report of the main job: one HTML file that needs nothing beside it."""

import base64
import html
import io
import os
import tempfile
from pathlib import Path

STYLE = """
:root { --ink: #1d2733; --soft: #5d6b7a; --line: #dfe4ea; --good: #1a7f4b; --bad: #b3261e; }
* { box-sizing: border-box; }
body { margin: 0; background: #f5f7f9; color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 58rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1 { font-size: 2rem; margin: 0; letter-spacing: -.02em; }
h2 { font-size: 1.25rem; margin: 0 0 .5rem; }
.lead { color: var(--soft); margin: .25rem 0 2rem; }
section { background: #fff; border: 1px solid var(--line); border-radius: 10px;
  padding: 1.5rem 1.75rem; margin: 0 0 1.5rem; }
p { margin: 0 0 1rem; }
figure { margin: 1rem 0 .5rem; }
figure img { max-width: 100%; height: auto; display: block; margin: 0 auto; }
figcaption { color: var(--soft); font-size: .875rem; margin-top: .4rem; }
table { width: 100%; border-collapse: collapse; font-size: .94rem; }
th { text-align: left; color: var(--soft); font-weight: 500; font-size: .82rem;
  border-bottom: 1px solid var(--line); padding: .3rem .6rem .3rem 0; }
td { border-bottom: 1px solid #eef1f4; padding: .38rem .6rem .38rem 0; vertical-align: top; }
th:first-child { width: 46%; } th:nth-child(2) { width: 18%; }
tr:last-child td { border-bottom: 0; }
td.number, th.number { text-align: right; padding-right: 2rem;
  font-variant-numeric: tabular-nums; white-space: nowrap; }
.ok { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
.soft { color: var(--soft); }
pre { overflow-x: auto; background: #fbf3f2; padding: .8rem; font-size: .8rem; }
"""


def number(value, digits=4):
    """A value with a few significant digits, without an exponent where that reads better."""
    if isinstance(value, str):
        return value
    size = abs(value)
    return f"{value:.0f}" if size >= 1000 else f"{value:.{digits}g}"


def shown(value, band, unit=""):
    """Value and band of one row as text.

    A band is ``19 to 23 Hz``; one too narrow for that reads ``0.49121 ± 5e-07``.
    """
    if band is None or isinstance(value, str):
        return f"{number(value)} {unit}".strip(), ""
    low, high = band
    if number(low) != number(high):
        return f"{number(value)} {unit}".strip(), f"{number(low)} to {number(high)} {unit}".strip()
    wanted = f"{number((low + high) / 2, 7)} ± {(high - low) / 2:.1g} {unit}".strip()
    return f"{number(value, 7)} {unit}".strip(), wanted


def embed(figure, caption):
    """A matplotlib figure as an ``img`` element that carries its own data; the caption for who cannot see it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=160, facecolor="white")
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    width = round(figure.get_figwidth() * 100)  # CSS pixels: one font size across figures
    return f'<img alt="{html.escape(caption)}" width="{width}" src="data:image/png;base64,{data}">'


def table(rows):
    """The rows (name, value, band, ok, unit) as an HTML table."""
    head = "<th>result</th><th class=number>value</th><th>expected</th><th></th>"
    lines = [f"<table><tr>{head}</tr>"]
    for name, value, band, ok, unit in rows:
        mark = ""
        if band is not None or not ok:
            mark = "<span class=ok>ok</span>" if ok else "<span class=bad>out of band</span>"
        got, wanted = map(html.escape, shown(value, band, unit))
        lines.append(
            f"<tr><td>{html.escape(name)}</td><td class=number>{got}</td>"
            f"<td class=soft>{wanted}</td><td>{mark}</td></tr>"
        )
    return "\n".join([*lines, "</table>"])


def section(part):
    """One part of the job: title, text, figures and its rows."""
    seconds = part["seconds"]
    body = [f"<h2>{html.escape(part['title'])}</h2>", f"<p>{html.escape(part['text'])}</p>"]
    for caption, figure in part["figures"]:
        body.append(
            f"<figure>{embed(figure, caption)}<figcaption>{html.escape(caption)}</figcaption></figure>"
        )
    if part.get("error"):
        body.append(f"<pre>{html.escape(part['error'])}</pre>")
    if part["rows"]:
        body.append(table(part["rows"]))
    body.append(f"<p class=soft style='margin:.8rem 0 0'>This part took {seconds:.1f} s.</p>")
    return "<section>" + "\n".join(body) + "</section>"


def render(parts, environment):
    """The whole page as text.

    Parameters
    ----------
    parts : list of dict
        What the parts' `run` returned, with ``seconds`` and, where one failed, ``error``.
    environment : str
        One line on machine and versions.
    """
    rows = [line for part in parts for line in part["rows"]]
    checked = [line for line in rows if line[2] is not None or not line[3]]
    wrong = sum(not line[3] for line in checked)
    verdict = (
        f"<span class=ok>All {len(checked)} checked numbers lie in their bands.</span>"
        if not wrong
        else f"<span class=bad>{wrong} of {len(checked)} checked numbers are out of band.</span>"
    )
    total = sum(part["seconds"] for part in parts)
    return "\n".join(
        [
            "<!doctype html><html lang=en><head><meta charset=utf-8>",
            "<meta name=viewport content='width=device-width, initial-scale=1'>",
            f"<title>neurokit: report</title><style>{STYLE}</style></head><body><main>",
            "<h1>neurokit</h1>",
            f"<p class=lead>{html.escape(environment)}</p>",
            f"<section><h2>Results</h2><p>{verdict} The whole job took {total:.0f} s.</p>",
            table(rows),
            "</section>",
            *map(section, parts),
            "</main></body></html>\n",
        ]
    )


def write(path, parts, environment):
    """Write the report; the file appears whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(render(parts, environment))
        file.flush()
        os.fsync(file.fileno())
    os.chmod(name, 0o644)
    os.replace(name, path)
    return path
