/** The look of the page: light and dark, from 360 px on, of one family with the sandbox's and login's pages. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f4f1ea, #121715);
  --card: light-dark(#fffdf9, #1b2320);
  --ink: light-dark(#1d2925, #e8eee9);
  --soft: light-dark(#586761, #a3b1ab);
  --line: light-dark(#e2dccf, #323d38);
  --track: light-dark(#e6e0d3, #2b3531);
  --leaf: light-dark(#0b6b50, #5fcfa8);
  --leaf-ground: light-dark(#e0f0e9, #173a2e);
  --amber: light-dark(#7a4b00, #f0c277);
  --amber-ground: light-dark(#fbeed2, #3b2e14);
  --rust: light-dark(#9a3412, #f5a583);
  --rust-ground: light-dark(#fbe6dc, #45241a);
}
*, ::before, ::after { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 70rem; margin: 0 auto; padding: 0 clamp(.75rem, 3vw, 1.5rem); }
h1, h2, h3, p, dl, dd, ol, ul { margin: 0; padding: 0; }
ol, ul { list-style: none; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }

html { scroll-padding-top: 4rem; }
header { position: sticky; top: 0; z-index: 3; display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: center; padding-block: .75rem; background: var(--ground); }
header .status { margin-left: auto; }
.badge { padding: .125rem .75rem; border-radius: .375rem; font-weight: 700; letter-spacing: .06em; text-transform: uppercase; color: var(--card); background: var(--amber); } .badge[hidden] { display: none; }
.lead { max-width: 46rem; text-wrap: pretty; }
.about { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; justify-content: space-between; padding-block: .25rem .75rem; }
h1 { display: flex; gap: .5rem; align-items: center; font-size: 1.375rem; letter-spacing: -.015em; }
h1 svg { width: 1.5rem; height: 1.5rem; fill: var(--leaf); }
nav { margin-left: -.5rem; } nav a { display: inline-block; font-size: .9375rem; font-weight: 600; padding: .375rem .5rem; }
.clock { color: var(--soft); font-size: .875rem; font-variant-numeric: tabular-nums; }
.clock time { color: var(--ink); font-weight: 600; }

section { min-width: 0; background: var(--card); border: 1px solid var(--line); border-radius: 1rem; padding: clamp(1rem, 3vw, 1.5rem); }
h2 { font-size: .9375rem; font-weight: 650; }
h3 { font-size: .8125rem; font-weight: 600; color: var(--soft); margin: 1.25rem 0 .5rem; }
.headline { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: start; justify-content: space-between; }
.left { font-size: clamp(2.25rem, 8vw, 3.25rem); font-weight: 680; letter-spacing: -.035em; line-height: 1.15; font-variant-numeric: tabular-nums; }
.left small { font-size: 1rem; font-weight: 400; letter-spacing: 0; color: var(--soft); }
.bad .left { color: var(--rust); }
.generation { color: var(--soft); }
.generation code { font: .8125rem ui-monospace, monospace; padding: .0625rem .375rem; border-radius: .375rem; background: var(--track); color: var(--ink); }
.generation code:empty { display: none; }
.status { display: inline-flex; gap: .5rem; align-items: center; padding: .25rem .875rem .25rem .625rem; border-radius: 2rem; font-weight: 600; background: var(--track); }
.status::before { content: ''; width: .625rem; height: .625rem; border-radius: 50%; background: currentColor; }
.status.good { color: var(--leaf); background: var(--leaf-ground); }
.status.busy { color: var(--amber); background: var(--amber-ground); }
.status.bad { color: var(--rust); background: var(--rust-ground); }

.life { position: relative; height: 1rem; margin-top: 1.25rem; border-radius: .5rem; background: var(--track); overflow: hidden; }
.life-left { position: absolute; inset: 0 0 0 auto; width: 0; background: var(--leaf); transition: width .6s ease-out; }
.life.low .life-left, .bad .life-left { background: var(--rust); }
.life-due { position: absolute; top: 0; bottom: 0; left: 50%; width: 3px; margin-left: -1.5px; background: var(--card); }
.moments-of-life { display: flex; justify-content: space-between; gap: .5rem; margin-top: .5rem; font-size: .875rem; font-variant-numeric: tabular-nums; }
.moments-of-life div:nth-child(2) { text-align: center; } .moments-of-life div:nth-child(3) { text-align: right; }
dt { color: var(--soft); font-size: .8125rem; }
.note { overflow-wrap: anywhere; margin-top: 1rem; padding: .75rem 1rem; border-radius: .625rem; background: var(--track); text-wrap: pretty; }
.note.busy { background: var(--amber-ground); } .note.bad { background: var(--rust-ground); }
.faults { margin-top: .75rem; display: flex; flex-wrap: wrap; gap: .5rem; }
.faults li { font-size: .875rem; padding: .125rem .75rem; border-radius: 1rem; color: var(--rust); border: 1px solid currentColor; overflow-wrap: anywhere; }
.facts { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; overflow-wrap: anywhere; } footer p { margin-top: .5rem; }
.facts div { min-width: 0; display: flex; gap: .5rem; } .facts dt { font-size: inherit; } .facts dd { color: var(--ink); }

.stations { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); margin-top: 1.25rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .875rem; }
.stations[hidden] { display: none; }
.stations li { position: relative; padding-top: 1.125rem; }
.stations li::before { content: ''; position: absolute; z-index: 1; top: .125rem; left: 0; width: .625rem; height: .625rem; border-radius: 50%; background: var(--card); border: 2px solid var(--leaf); }
.stations li:not(:last-child)::after { content: ''; position: absolute; top: calc(.4375rem - 1px); left: .625rem; right: 0; height: 2px; background: var(--line); }
.stations b { display: block; font-weight: 600; } .stations span { color: var(--soft); font-variant-numeric: tabular-nums; }
.stations .passed::before { background: var(--leaf); animation: passed 1.2s ease-out; }
@keyframes passed { from { box-shadow: 0 0 0 0 var(--leaf); } to { box-shadow: 0 0 0 .75rem transparent; } }

.columns { display: grid; gap: 1rem; margin-top: 1rem; grid-template-columns: minmax(0, 1fr); align-items: start; }
.column { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); }
@media (min-width: 52rem) { .columns { grid-template-columns: minmax(0, 26rem) minmax(0, 1fr); } .column:first-child { position: sticky; top: 4rem; } }

.answer { min-height: 3.25rem; padding: .5rem .875rem; border-radius: .625rem; border: 1px dashed var(--line); line-height: 1.35; text-wrap: pretty; display: flex; align-items: center; }
.answer.plain { background: var(--track); border-color: transparent; } .answer.good, .answer.bad { border-color: transparent; }
.answer.good { background: var(--leaf-ground); color: var(--leaf); } .answer.bad { background: var(--rust-ground); color: var(--rust); }
.buttons { display: grid; gap: .5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 9rem), 1fr)); }
button { min-height: 2.75rem; text-align: left; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .625rem; background: transparent; color: inherit; font: inherit; line-height: 1.3; cursor: pointer; }
button b { display: block; font-weight: 600; font-size: .9375rem; letter-spacing: -.005em; } button small { display: block; color: var(--soft); font-size: .8125rem; margin-top: .125rem; }
.work b, #mend b, #consent b { color: var(--leaf); } .fault b, .person b { color: var(--rust); }
.needs-person #consent { color: var(--card); background: var(--leaf); border-color: var(--leaf); } .needs-person #consent :is(b, small) { color: var(--card); }
button:hover { border-color: currentColor; background: color-mix(in srgb, currentColor 4%, transparent); }
button[aria-disabled] { opacity: .55; cursor: progress; }
:focus-visible { outline: 3px solid var(--leaf); outline-offset: 2px; }

.title { display: flex; justify-content: space-between; gap: 1rem; align-items: baseline; }
.title label { color: var(--soft); font-size: .875rem; display: flex; gap: .375rem; align-items: center; min-height: 1.5rem; }
input { accent-color: var(--leaf); width: 1rem; height: 1rem; margin: 0; }
.scroll { max-height: 24rem; overflow-y: auto; margin-top: .75rem; border-radius: .375rem; }
.moments li { display: grid; grid-template-columns: 4.25rem 4.5rem minmax(0, 1fr); gap: .75rem; padding: .375rem 0; border-top: 1px solid var(--line); font-size: .9375rem; overflow-wrap: anywhere; }
.moments li:first-child { border-top: 0; }
.moments time, .moments i { color: var(--soft); font-style: normal; font-size: .8125rem; line-height: 1.75; font-variant-numeric: tabular-nums; }
.moments .good span { color: var(--leaf); } .moments .bad span { color: var(--rust); }
.moments .request span { font: .8125rem/1.75 ui-monospace, monospace; }
.without-requests .request { display: none !important; }
li.empty { display: block !important; color: var(--soft); }

.strip { position: relative; height: 1.75rem; margin-top: .75rem; border-radius: .5rem; overflow: hidden; background: var(--track); }
.strip:empty { display: none; }
.strip span { position: absolute; top: 0; bottom: 0; min-width: 3px; overflow: hidden; padding-left: .375rem; font-size: .8125rem; line-height: 1.75rem; font-weight: 600; color: var(--leaf); background: var(--leaf-ground); border-left: 2px solid var(--card); }
.strip .narrow { padding: 0; }
.strip .newest { z-index: 1; min-width: 1.75rem; color: var(--card); background: var(--leaf); }
.strip i { position: absolute; top: 0; bottom: 0; width: 3px; background: var(--rust); }
.generations { padding: .25rem 0 .25rem .25rem; }
.generations > li { position: relative; padding: 0 0 1.125rem 1.5rem; display: flex; flex-wrap: wrap; gap: 0 .625rem; align-items: baseline; }
.generations > li:not(.empty)::before { content: ''; position: absolute; z-index: 1; left: 0; top: .375rem; width: .75rem; height: .75rem; border-radius: 50%; background: var(--card); border: 2px solid var(--leaf); }
.generations > li:first-child::before { background: var(--leaf); }
.generations > li:not(:last-child)::after { content: ''; position: absolute; left: calc(.375rem - 1px); top: .75rem; bottom: -.75rem; width: 2px; background: var(--line); }
.generations > li:last-child { padding-bottom: 0; }
.generations span { font-variant-numeric: tabular-nums; } .generations small { color: var(--soft); font-size: .8125rem; margin-left: auto; }
.generations ul { flex-basis: 100%; font-size: .875rem; font-variant-numeric: tabular-nums; } .generations ul li { color: var(--rust); }

.kill, .stored-section { margin-top: 1rem; } .kill > p { max-width: 46rem; margin-top: .25rem; color: var(--soft); text-wrap: pretty; }
.stored h3 { margin-top: 0; }
.steps { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0; padding: 0; border: 0; min-width: 0; }
.steps label { position: relative; display: inline-flex; gap: .5rem; align-items: center; min-height: 2.25rem; padding: .25rem .875rem .25rem .375rem; border: 1px solid var(--line); border-radius: 1.25rem; font-size: .9375rem; cursor: pointer; }
.steps label:hover { border-color: currentColor; }
.steps input { position: absolute; opacity: 0; }
.steps span { display: inline-grid; place-items: center; width: 1.5rem; height: 1.5rem; border-radius: 50%; font-size: .8125rem; font-variant-numeric: tabular-nums; background: var(--track); }
.steps .done span { background: var(--leaf-ground); color: var(--leaf); } .steps .died span { background: var(--rust); color: var(--card); }
.steps label:has(:checked) { border-color: var(--leaf); box-shadow: inset 0 0 0 1px var(--leaf); font-weight: 600; }
.steps label:has(:focus-visible) { outline: 3px solid var(--leaf); outline-offset: 2px; }
#kill-button b { color: var(--rust); } #kill-button, #next-run { padding-inline: 1.25rem; } #next-run b { color: var(--leaf); }
.aftermath { margin-top: 1rem; padding: .75rem 1rem; border-radius: .625rem; background: var(--track); text-wrap: pretty; } .aftermath:empty { display: none; }
.aftermath p { margin-top: .25rem; } .aftermath .good { color: var(--leaf); } .kill #kill-answer { margin-top: 1rem; }
.kill-more { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; font-size: .875rem; } .kill-more[hidden] { display: none; } .kill > .kill-more { max-width: none; margin-top: .75rem; }
.kill-more code { overflow-wrap: anywhere; user-select: all; color: var(--ink); font: .8125rem ui-monospace, monospace; }
.stored { display: grid; gap: 1rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 16rem), 1fr)); margin-top: .75rem; font-size: .9375rem; }
.journal div { display: grid; grid-template-columns: 4.5rem minmax(0, 1fr); gap: .5rem; } .journal dt { line-height: 1.75; }
.versions li { display: flex; flex-wrap: wrap; gap: 0 .5rem; align-items: center; margin-bottom: .25rem; } .versions code { font: .8125rem ui-monospace, monospace; color: var(--soft); }
.versions i { font-style: normal; font-size: .75rem; font-weight: 600; padding: 0 .5rem; border-radius: 1rem; color: var(--leaf); background: var(--leaf-ground); }

footer { padding-block: 1.25rem 2rem; color: var(--soft); font-size: .875rem; } a { color: var(--leaf); }
@media (max-width: 30rem) {
  .badge { font-size: .8125rem; padding-inline: .5rem; }
  .moments li { grid-template-columns: 4.25rem minmax(0, 1fr); gap: 0 .75rem; } .moments span { grid-column: 1 / -1; }
  .generations small { margin-left: 0; flex-basis: 100%; }
}
@media (prefers-reduced-motion: reduce) { .life-left { transition: none; } .stations .passed::before { animation: none; } }
@media (forced-colors: active) { .life { border: 1px solid; } .life-left { background: CanvasText; forced-color-adjust: none; } }
`;
