/** The look of the console page: light and dark, from 360 px on. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#faf8f4, #16181c);
  --card: light-dark(#fff, #1f2228);
  --ink: light-dark(#1d2127, #eceae5);
  --soft: light-dark(#5f6670, #a3a9b3);
  --line: light-dark(#e4e0d8, #33373f);
  --good: light-dark(#1f7a4d, #5fcf97);
  --bad: light-dark(#b3372b, #ff8d80);
  --accent: light-dark(#2458c5, #8fb2ff);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 64rem; margin: 0 auto; padding: 0 1rem; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; padding-top: 1.5rem; }
h1 { margin: 0; font-size: 1.75rem; letter-spacing: -.02em; }
h2 { margin: 0 0 .75rem; font-size: .8rem; font-weight: 600; letter-spacing: .06em; text-transform: uppercase; color: var(--soft); }
.status { margin: 0; padding: .1rem .7rem; border-radius: 99px; border: 1px solid currentColor; font-weight: 600; }
.status.good { color: var(--good); } .status.bad { color: var(--bad); }
.where { margin: 0 0 0 auto; color: var(--soft); font-variant-numeric: tabular-nums; }
main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); padding-top: 1rem; }
section { min-width: 0; background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.25rem; }
.wide { grid-column: 1 / -1; }
.generation { margin: 0 0 1rem; font-size: 2rem; font-weight: 650; letter-spacing: -.02em; line-height: 1.2; }
.generation small { display: block; font: 400 .85rem ui-monospace, monospace; color: var(--soft); letter-spacing: 0; }
.life { position: relative; height: 14px; border-radius: 7px; background: var(--line); overflow: hidden; }
.life-left { position: absolute; inset: 0 auto 0 0; width: 0; background: var(--good); transition: width .6s; }
.life.low .life-left { background: var(--bad); }
.life-mark { position: absolute; top: 0; bottom: 0; width: 2px; background: var(--card); }
.ends { display: flex; justify-content: space-between; gap: .5rem; margin: .4rem 0 0; font-size: .8rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.note { margin: 1rem 0 0; padding: .6rem .8rem; border-left: 3px solid var(--bad); background: color-mix(in srgb, var(--bad) 8%, transparent); }
.buttons { display: grid; gap: .5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 11rem), 1fr)); margin-bottom: 1.25rem; }
button { text-align: left; padding: .6rem .8rem; border: 1px solid var(--line); border-radius: 8px; background: transparent; color: inherit; font: inherit; cursor: pointer; }
button b { display: block; font-weight: 600; } button small { color: var(--soft); line-height: 1.35; display: block; }
button.plain b { color: var(--accent); } button.fault b { color: var(--bad); }
button:hover { border-color: currentColor; } button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
button[disabled] { opacity: .5; cursor: progress; }
.answer { min-height: 1.5em; margin: 0; color: var(--soft); }
ol { list-style: none; margin: 0; padding: 0; }
.moments { max-height: 22rem; overflow: auto; }
.moments li, .history li { display: grid; grid-template-columns: 5.5rem 5rem 1fr; gap: .75rem; padding: .35rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.moments li:first-child, .history li:first-child { border-top: 0; }
.moments li.empty, .history li.empty { display: block; color: var(--soft); }
li time, li i { color: var(--soft); font-style: normal; font-variant-numeric: tabular-nums; }
li.good span { color: var(--good); } li.bad span { color: var(--bad); }
footer { padding-top: 1rem; padding-bottom: 2rem; color: var(--soft); font-size: .9rem; } a { color: var(--accent); }
@media (max-width: 480px) { .moments li, .history li { grid-template-columns: 4.5rem 1fr; } li i { display: none; } .where { margin: 0; width: 100%; } }
@media (prefers-reduced-motion: reduce) { .life-left { transition: none; } }
`;
