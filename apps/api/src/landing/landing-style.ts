export const LANDING_STYLE = `
.home{max-width:64rem;margin:0 auto;padding:1.8rem 1.5rem 4rem}
.figures{display:flex;flex-wrap:wrap;gap:.6rem 2.2rem;margin:1.2rem 0 1.6rem;padding:0}
.figures div{min-width:5rem}
.figures dt{color:var(--soft);font-size:.82rem}
.figures dd{margin:0;font-size:1.35rem;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.card{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:1rem 1.2rem;margin:1rem 0}
.card h3{display:flex;flex-wrap:wrap;gap:.2rem .8rem;align-items:baseline}
.card h3 span{font-weight:400;font-size:.88rem}
.slots{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:.5rem;margin-top:.7rem}
.slot{display:block;border:1px solid var(--line);border-radius:6px;padding:.3rem .4rem;font-size:.75rem;color:var(--soft);text-decoration:none;
font-variant-numeric:tabular-nums}
.slot svg{display:block;width:100%;height:2.2rem}
.slot path{fill:var(--accent-bg);stroke:var(--accent);stroke-width:1.2;vector-effect:non-scaling-stroke}
.slot line{stroke:var(--soft);stroke-dasharray:2 3;vector-effect:non-scaling-stroke}
.slot.idle{opacity:.7}
.slot div{display:flex;justify-content:space-between;gap:.4rem;white-space:nowrap;overflow:hidden}
.lane{margin:.8rem 0 0;font-size:.85rem}
`;
