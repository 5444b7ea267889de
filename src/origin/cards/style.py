"""The style of a card as HTML: readable on a phone, on paper, by day and by night. Nothing is fetched."""

from __future__ import annotations

LIGHT = {
    "page": "#ffffff",
    "panel": "#f4f6f9",
    "text": "#1b2430",
    "muted": "#525d6b",
    "line": "#d5dbe3",
    "accent": "#1f5582",
    "blocker": "#9b1c1c",
    "blocker-panel": "#fdeeee",
    "review": "#7a4a00",
    "review-panel": "#fff5e0",
    "clear": "#1d5e37",
    "clear-panel": "#eaf5ee",
    "series-0": "#2f6690",
    "series-1": "#b05a26",
    "series-2": "#4a7a4d",
    "series-3": "#7a58a3",
    "series-4": "#69727e",
}
DARK = {
    "page": "#12171e",
    "panel": "#1a212b",
    "text": "#e6eaf0",
    "muted": "#a7b1be",
    "line": "#343e4a",
    "accent": "#8fbde8",
    "blocker": "#ffb4ae",
    "blocker-panel": "#3a1a18",
    "review": "#f4cf8a",
    "review-panel": "#33280f",
    "clear": "#a0dcb5",
    "clear-panel": "#15301f",
    "series-0": "#6fa8d6",
    "series-1": "#e0975f",
    "series-2": "#86b889",
    "series-3": "#b79ae0",
    "series-4": "#9aa3ae",
}


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())


STYLE = f"""
:root{{color-scheme:light dark;{_variables(LIGHT)}}}
@media (prefers-color-scheme:dark){{@media screen{{:root{{{_variables(DARK)}}}}}}}
*{{box-sizing:border-box}}
html{{-webkit-text-size-adjust:100%;text-size-adjust:100%}}
body{{margin:0;background:var(--page);color:var(--text);overflow-wrap:break-word;
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}}
header,main,footer{{max-width:64rem;margin:0 auto;padding:0 1.25rem}}
header{{padding-top:2.25rem}}
.kind{{margin:0;color:var(--accent);font-size:.8125rem;font-weight:600;letter-spacing:.09em;text-transform:uppercase}}
h1{{margin:.25rem 0 .75rem;font-size:1.375rem;line-height:1.3;font-weight:650}}
h1 code{{font-size:.9em}}
.lead{{margin:0;max-width:48rem;color:var(--muted);font-size:.9375rem}}
nav{{margin:1.25rem 0 0;padding:.5rem 0;border-top:1px solid var(--line);border-bottom:1px solid var(--line)}}
nav ul{{display:flex;flex-wrap:wrap;gap:.125rem 1.25rem;margin:0;padding:0;list-style:none;font-size:.875rem}}
nav a{{display:inline-block;padding:.25rem 0;color:var(--accent);text-decoration:none}}
nav a:hover{{text-decoration:underline}}
a:focus-visible,.scroll:focus-visible{{outline:2px solid var(--accent);outline-offset:2px}}
section{{margin:2.25rem 0 0}}
h2{{margin:0 0 .875rem;padding-bottom:.375rem;border-bottom:2px solid var(--text);font-size:1.1875rem;font-weight:650}}
h3{{margin:1.75rem 0 .625rem;font-size:1rem;font-weight:650}}
p{{margin:.75rem 0;max-width:48rem}}
bdi,code{{overflow-wrap:anywhere}}
code{{font:.875em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}}
.box{{padding:1rem 1.25rem;border-left:.375rem solid;border-radius:.25rem}}
.box p{{margin:0;font-size:1.0625rem;font-weight:650}}
.box ul{{margin:.625rem 0 0;padding:0;list-style:none;color:var(--text)}}
.box li{{display:flex;gap:.625rem;padding:.1875rem 0}}
.box .mark{{flex:none;align-self:flex-start;min-width:4.5rem;text-align:center}}
.blocker{{color:var(--blocker);border-color:var(--blocker);background:var(--blocker-panel)}}
.review{{color:var(--review);border-color:var(--review);background:var(--review-panel)}}
.clear{{color:var(--clear);border-color:var(--clear);background:var(--clear-panel)}}
.mark{{display:inline-block;padding:0 .5rem;border:1px solid;border-radius:.25rem;font-size:.8125rem;font-weight:600;
line-height:1.5;white-space:nowrap}}
.figures{{display:grid;grid-template-columns:repeat(auto-fit,minmax(7.5rem,1fr));gap:1px;margin:1rem 0;padding:0;
background:var(--line);border:1px solid var(--line);border-radius:.25rem;overflow:hidden}}
.figures div{{display:flex;flex-direction:column-reverse;padding:.75rem 1rem;background:var(--page)}}
.figures dt{{color:var(--muted);font-size:.8125rem}}
.figures dd{{margin:0;font-size:1.375rem;font-weight:600;font-variant-numeric:tabular-nums;line-height:1.25}}
table{{width:100%;margin:.875rem 0;border-collapse:collapse;font-size:.875rem}}
caption{{padding:0 0 .375rem;color:var(--muted);font-size:.8125rem;text-align:left}}
th,td{{padding:.4375rem .625rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}}
th{{font-weight:600}}
thead th{{border-bottom:1px solid var(--muted);color:var(--muted);font-size:.8125rem;overflow-wrap:normal}}
.number{{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}}
.facts th{{width:13rem;color:var(--muted);font-weight:500}}
.facts caption,.titled caption{{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);
white-space:nowrap}}
.command{{margin:.875rem 0;padding:.75rem 1rem;border:1px solid var(--line);border-radius:.25rem;
background:var(--panel);white-space:pre-wrap}}
figure{{margin:1rem 0}}
.charts{{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,18rem),1fr));gap:0 3rem;margin:1.25rem 0}}
.charts figure{{margin:.5rem 0}}
figcaption{{margin-bottom:.5rem;font-size:.875rem;font-weight:600}}
svg{{display:block;width:100%;max-width:27rem;height:auto}}
svg text{{fill:var(--text);font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}}
svg .quiet{{fill:var(--muted);font-size:11px}}
svg .end{{text-anchor:end}}
svg .middle{{text-anchor:middle}}
svg .track{{fill:var(--panel)}}
svg .grid{{stroke:var(--line)}}
svg .s0{{fill:var(--series-0)}}svg .s1{{fill:var(--series-1)}}svg .s2{{fill:var(--series-2)}}
svg .s3{{fill:var(--series-3)}}svg .s4{{fill:var(--series-4)}}
svg .cell{{stroke:var(--page);stroke-width:2}}
svg .cell-blocker{{fill:var(--blocker-panel)}}svg .cell-review{{fill:var(--review-panel)}}
svg .cell-clear{{fill:var(--clear-panel)}}
svg .sign{{fill:none;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}}
svg .sign-blocker{{stroke:var(--blocker)}}svg .sign-clear{{stroke:var(--clear)}}
svg text.sign-review{{fill:var(--review);stroke:none;font-weight:700}}
footer{{margin-top:2.5rem;padding-top:.875rem;padding-bottom:2.5rem;color:var(--muted);font-size:.8125rem}}
@media (max-width:44rem){{
header,main,footer{{padding-left:1rem;padding-right:1rem}}
.facts tr,.stack tr{{display:block;padding:.4375rem 0;border-bottom:1px solid var(--line)}}
.facts th,.facts td,.stack td{{display:block;width:auto;padding:0;border:0}}
.facts th{{font-size:.8125rem}}
.stack,.stack tbody,.stack caption{{display:block}}
.stack thead{{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}}
.stack td{{display:grid;grid-template-columns:8rem 1fr;justify-items:start;gap:.75rem;padding:.125rem 0;
text-align:left;white-space:normal}}
.stack td::before{{content:attr(data-label);color:var(--muted);font-size:.8125rem}}
.box{{padding:.875rem .875rem}}
.figures{{grid-template-columns:1fr 1fr}}
}}
@media print{{
@page{{margin:16mm 14mm}}
html{{font-size:10pt}}
header,main,footer{{max-width:none;padding-left:0;padding-right:0}}
header{{padding-top:0}}
nav{{display:none}}
h2,h3,caption,figcaption{{break-after:avoid}}
.charts{{grid-template-columns:1fr 1fr}}
tr,figure,.box,.figures,.command{{break-inside:avoid}}
thead{{display:table-header-group}}
*{{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
}}
"""
