/** Colours after Okabe and Ito, which stay apart for most kinds of colour blindness; a second run of a mode differs by its dash. */
export const STYLE = `
:root { color-scheme: light dark; --back: #ffffff; --card: #f6f8fa; --text: #1f2933; --faint: #5c6773; --grid: #dde2e7;
  --lightthinker: #0072b2; --vanilla: #c2410c; --token: #00795a; --other: #7a4fa3; }
@media (prefers-color-scheme: dark) { :root { --back: #0d1117; --card: #161b22; --text: #e6edf3; --faint: #9aa5b1; --grid: #30363d;
  --lightthinker: #56b4e9; --vanilla: #f0883e; --token: #2cc295; --other: #c297ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1160px; padding: 24px 16px 64px; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 4px; } h2 { font-size: 1.15rem; margin: 40px 0 8px; }
p { margin: 4px 0 12px; } .faint, figcaption { color: var(--faint); font-size: .9rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(44%, 240px), 1fr)); gap: 12px; margin: 20px 0; }
.tile { background: var(--card); border-radius: 8px; padding: 12px 14px; } .tile b { display: block; font-size: 1.35rem; font-weight: 600; }
.tile span { color: var(--faint); font-size: .85rem; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 12px 0; font-size: .9rem; }
.legend svg { width: 34px; height: 14px; vertical-align: -2px; margin-right: 6px; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 20px 28px; }
figure { margin: 0; min-width: 0; } figure > b { display: block; font-weight: 600; } figure[hidden] { display: none; }
.scroll { overflow-x: auto; } .plot { width: 100%; height: auto; display: block; } .plot.wide { min-width: 620px; max-width: 940px; }
.plot text { fill: var(--faint); font: 14px system-ui, sans-serif; } .plot .name { fill: var(--text); font-size: 12.5px; }
.plot .grid { stroke: var(--grid); } .plot .link { stroke: var(--grid); stroke-width: 1.5; } .plot .plain { stroke: var(--faint); stroke-width: 1.5; stroke-dasharray: 5 4; fill: none; }
.stroke { stroke: var(--c); fill: none; stroke-width: 2; stroke-linejoin: round; } .area { fill: var(--c); opacity: .12; }
.mark { fill: var(--c); stroke: var(--back); stroke-width: 1; } .mean { stroke: var(--c); stroke-width: 1.5; stroke-dasharray: 2 3; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 10px; text-align: right; border-bottom: 1px solid var(--grid); white-space: nowrap; }
td small { display: block; color: var(--faint); font-size: .78rem; line-height: 1.2; }
th { color: var(--faint); font-weight: 500; } .text { text-align: left; } th:first-child, td:first-child { padding-left: 0; position: sticky; left: 0; background: var(--back); }
td.text { max-width: 22rem; overflow: hidden; text-overflow: ellipsis; }
select { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--grid); border-radius: 6px; padding: 5px 8px; max-width: 100%; }
summary { cursor: pointer; margin: 12px 0; }
`;
