"""How an error report looks, and the little that it does when it is clicked."""

STYLE = """
:root {
  --missed: #ff2a2a; --false: #ffd21f; --right: #22c55e; --ignored: #c3c8d0;
  --line: #e3e6ea; --faint: #5f6673;
}
body { max-width: 80em }
h1 { overflow-wrap: anywhere; line-height: 1.25 }
h2 { border-top: 1px solid var(--line); margin-top: 2.2em }
h3 { font-size: 1em; margin: 1.8em 0 0 }
.hint { color: var(--faint); font-size: .87em }
.about { display: grid; grid-template-columns: max-content 1fr; gap: .1em 1em; margin: 0;
  font-size: .9em }
.about dt { color: var(--faint) }
.about dd { margin: 0; overflow-wrap: anywhere }

.cards { display: grid; grid-template-columns: repeat(3, 1fr); gap: 1em; margin: 1.4em 0 .8em }
.card { border: 1px solid var(--line); border-radius: 8px; padding: .7em 1em; min-width: 0 }
.card .value { font-size: 2em; font-weight: 650; line-height: 1.2 }
.card .value, td.n, tbody th { font-variant-numeric: tabular-nums }
.numbers { display: flex; flex-wrap: wrap; gap: .2em 2em; list-style: none; margin: .8em 0;
  padding: 0; font-weight: 650 }
.gauge { width: 100%; min-width: 6em; height: 14px; display: block; overflow: visible }
.gauge .track { fill: #e9ecef }
.gauge .share { fill: #9ecfae }
.gauge line { stroke-width: 1.5 }
.gauge .interval { stroke: #1b3a2a }
.gauge .overall { stroke: var(--faint); stroke-dasharray: 2 2 }

.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .4em 2.5em; align-items: start }
table { width: 100%; font-size: .92em }
th, td { border-bottom: 1px solid var(--line); padding: .25em .6em .25em 0 }
thead th { color: var(--faint); font-weight: 500; font-size: .9em; vertical-align: bottom }
tbody th { font-weight: 400 }
tfoot th, tfoot td { border-bottom: 0; font-weight: 650 }
td.n { padding-left: .6em }
.buckets tbody th, td.n { white-space: nowrap }
.buckets td.plot { width: 35%; padding: 0 }
td.missed, td.false { background-repeat: no-repeat; background-position: right center }
td.missed { background-image: linear-gradient(#fbd0d0, #fbd0d0) }
td.false { background-image: linear-gradient(#fbe9a6, #fbe9a6) }

.switches { display: flex; flex-wrap: wrap; gap: .5em; padding: .5em 0; background: #fff;
  position: sticky; top: 0; z-index: 2 }
.switches button { font: inherit; font-size: .9em; color: inherit; background: #fff;
  border: 1px solid var(--line); border-radius: 1.5em; padding: .25em .9em; cursor: pointer }
.switches button::before { content: ""; display: inline-block; width: .75em; height: .75em;
  border-radius: 2px; margin-right: .5em; background: var(--kind) }
.switches button[aria-pressed=false] { opacity: .45; text-decoration: line-through }

.shots { display: grid; gap: 1.2em; align-items: start; margin-top: .6em;
  grid-template-columns: repeat(auto-fill, minmax(min(24em, 100%), 1fr)) }
.shots.small { grid-template-columns: repeat(auto-fill, minmax(min(11em, 45%), 1fr)) }
.shots figure { content-visibility: auto; contain-intrinsic-size: auto 20em; min-width: 0 }
.shots figure.large { grid-column: 1 / -1 }
.photo { position: relative; overflow: hidden; min-height: 3em; border-radius: 4px;
  background: #f2f3f5; cursor: zoom-in }
.large .photo { cursor: zoom-out }
.photo:focus-visible { outline: 3px solid #2563eb; outline-offset: 2px }
.photo p { padding: 1em; font-size: .85em }
.photo img, .photo > svg { display: block; width: 100% }
.photo > svg { filter: drop-shadow(0 0 1px #000) }
.photo img + svg { position: absolute; inset: 0; height: 100% }
figcaption { padding-top: .3em; color: #444 }

.missed { --kind: var(--missed) }
.false { --kind: var(--false) }
.right { --kind: var(--right) }
.ignored { --kind: var(--ignored) }
polygon { fill: transparent; stroke: var(--kind); stroke-width: 1.5; stroke-linejoin: round;
  vector-effect: non-scaling-stroke }
polygon:hover { fill: rgba(255, 255, 255, .25) }
.missed polygon { stroke-width: 2.5 }
.false polygon { stroke-width: 2 }
.ignored polygon { stroke-dasharray: 4 3 }
.no-missed g.missed, .no-false g.false, .no-right g.right, .no-ignored g.ignored { display: none }

@media (max-width: 60em) { .pair { grid-template-columns: 1fr } }
@media (max-width: 34em) {
  body { margin-top: 1em }
  .cards { grid-template-columns: 1fr; gap: .6em }
  .gauge { min-width: 3.5em }
  .buckets td.plot { width: 24% }
  td.n { padding: .25em .3em }
  .about { grid-template-columns: 1fr }
  .about dd { margin-bottom: .3em }
}
@media print {
  .switches { display: none }
  figure, tr { break-inside: avoid }
  .shots figure { content-visibility: visible }
}
"""
SCRIPT = """<script>
for (const button of document.querySelectorAll("[data-kind]")) button.onclick = () => {
  const hidden = document.body.classList.toggle("no-" + button.dataset.kind);
  button.setAttribute("aria-pressed", String(!hidden));
};
for (const photo of document.querySelectorAll(".photo")) {
  photo.onclick = () => photo.closest("figure").classList.toggle("large");
  photo.onkeydown = (press) => { if (press.key === "Enter") photo.onclick(); };
}
</script>"""
