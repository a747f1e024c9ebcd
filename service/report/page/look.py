"""The look of the HTML report: one stylesheet for light, dark, wide, narrow and paper, and the policy that guards it."""

import base64
import hashlib

STYLE = """
:root{color-scheme:light dark;--paper:#fff;--card:#f5f6f8;--ink:#1a1e24;--soft:#565f6b;--line:#d3d8de;--grid:#e4e7eb;
--mark:#1d5bb8;--chosen:#12663a;--hill:#b9cdea;--warn:#8a4300;--on-chosen:#e9f5ee}
@media (prefers-color-scheme:dark){:root{--paper:#14171b;--card:#1e2329;--ink:#e9ebee;--soft:#a8b0ba;--line:#3b434d;
--grid:#2a3037;--mark:#7eb0ff;--chosen:#6fce98;--hill:#34507a;--warn:#f0b070;--on-chosen:#18291f}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
overflow-wrap:anywhere;-webkit-text-size-adjust:100%}
header,main,footer{max-width:1048px;margin:0 auto;padding:0 32px}
header{padding-top:36px}footer{padding-top:24px;padding-bottom:48px;color:var(--soft);font-size:14px}
h1{font-size:30px;line-height:1.2;margin:0 0 8px}h2{font-size:22px;line-height:1.3;margin:56px 0 12px}
h3{font-size:17px;margin:28px 0 8px}h4{font-size:16px;margin:0 0 8px}
p,ul,ol,dl{margin:0 0 12px}li{margin:0 0 4px}ul,ol{padding-left:22px}
.meta,.note{color:var(--soft);font-size:15px}
.choice{background:var(--card);border:1px solid var(--line);border-left:6px solid var(--chosen);border-radius:8px;
padding:22px 26px 14px;margin:24px 0}
.choice.none{border-left-color:var(--warn)}
.choice h2{margin:0 0 10px;font-size:26px}.choice .lead{font-size:17px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(240px,1fr));gap:12px;margin:16px 0}
.cards div{background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:10px 14px}
.cards dt{font-size:13px;color:var(--soft)}.cards dd{margin:0;font-size:20px;font-weight:600;line-height:1.35}
.cards dd small{display:block;font-size:13px;font-weight:400;color:var(--soft)}
nav ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:4px 20px;font-size:15px}
a{color:var(--mark)}
figure{margin:16px 0 20px}figcaption{color:var(--soft);font-size:15px;margin-bottom:8px}
svg{display:block;width:100%;height:auto}
.narrow{display:none;max-width:480px}
svg text{fill:var(--ink);font:13px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
svg .tick,svg .aside{fill:var(--soft);font-size:12px}svg .name,svg .head{font-weight:600}svg .head{font-size:15px}
svg .value,svg .rank{font-variant-numeric:tabular-nums}
svg .grid{stroke:var(--grid)}svg .base{stroke:var(--soft)}
svg .span{stroke:var(--mark);stroke-width:2}svg .dot{fill:var(--mark);stroke:var(--paper);stroke-width:1}
svg .span.chosen{stroke:var(--chosen);stroke-width:3}svg .dot.chosen{fill:var(--chosen)}
svg .span.barred{stroke:var(--soft);stroke-dasharray:4 3}
svg .dot.barred{fill:var(--paper);stroke:var(--soft);stroke-width:2}
svg .tie{stroke:var(--warn);stroke-width:4}svg .half{stroke:var(--ink);stroke-width:3}
svg .hill{fill:var(--hill);stroke:var(--mark)}svg .beaten{fill:var(--card)}svg .front{fill:none;stroke:var(--chosen);stroke-width:2;stroke-dasharray:7 5}
.scroll{overflow-x:auto;margin:0 0 20px;border:1px solid var(--line);border-radius:6px}
.scroll:focus-visible,a:focus-visible{outline:3px solid var(--mark);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:14px;line-height:1.4;font-variant-numeric:tabular-nums}
caption span{display:block;position:sticky;left:12px;max-width:min(900px,calc(100vw - 60px))}
caption{text-align:left;padding:10px 12px;font-weight:600;border-bottom:1px solid var(--line)}
th,td{padding:8px 12px;text-align:left;vertical-align:top;border-bottom:1px solid var(--grid);overflow-wrap:normal}
tr:last-child>*{border-bottom:0}
thead th{background:var(--card);vertical-align:bottom;min-width:76px}
tbody th{font-weight:600;min-width:138px;overflow-wrap:anywhere}
.n{text-align:right}td.n{white-space:nowrap}td small,th small{display:block;color:var(--soft);font-weight:400;font-size:12.5px}
td.n small{white-space:nowrap}td.n small.why{white-space:normal;min-width:110px}
tr.chosen>*{background:var(--on-chosen)}
.answers{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:14px}
.answers article{border:1px solid var(--line);border-radius:8px;padding:14px 16px;min-width:0}
.answers article.chosen{border-color:var(--chosen);border-width:2px}
.said{white-space:pre-wrap;unicode-bidi:isolate;background:var(--card);border-radius:6px;padding:10px 12px;margin:0 0 10px}
.question{border-left:4px solid var(--line);padding:2px 14px;margin:0 0 14px}
.reason{margin:0 0 8px;font-size:15px}.scores{list-style:none;padding:0;font-size:14px;margin:0 0 8px}
.answers dl{display:grid;grid-template-columns:auto 1fr;gap:2px 12px;font-size:14px;margin:0}.answers dd{margin:0}
.answers dt{color:var(--soft)}
code{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
@media (max-width:760px){header,main,footer{padding-left:16px;padding-right:16px}h1{font-size:25px}h2{margin-top:44px}
.choice{padding:16px 16px 8px}.choice h2{font-size:22px}.wide{display:none}.narrow{display:block}
.cards{grid-template-columns:1fr 1fr;gap:8px}.cards div{padding:8px 10px}.cards dd{font-size:18px}
tbody th{position:sticky;left:0;background:var(--paper);border-right:1px solid var(--line)}
tr.chosen>th{background:var(--on-chosen)}td:not(.n){min-width:104px}td:not(.n):last-child{min-width:180px}}
@media print{:root{--paper:#fff;--card:#f5f6f8;--ink:#000;--soft:#444;--line:#999;--grid:#ddd;--mark:#1d5bb8;--chosen:#12663a;
--hill:#b9cdea;--warn:#8a4300;--on-chosen:#fff}nav{display:none}.wide{display:block}.narrow{display:none}
figure,article,.choice,tr{break-inside:avoid}.scroll{overflow:visible}}
"""

_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"
"""What a browser may do with the page: apply this one stylesheet, and nothing else."""
