export const DOCS_STYLE = `
.docs{display:grid;grid-template-columns:15.5rem minmax(0,1fr);max-width:78rem;margin:0 auto}
.side{position:sticky;top:3.2rem;align-self:start;max-height:calc(100vh - 3.2rem);overflow-y:auto;padding:1.5rem 1rem 2rem 1.5rem;
font-size:.88rem}
.side h4{margin:1.1rem 0 .3rem;font-size:.75rem;text-transform:uppercase;letter-spacing:.06em;color:var(--soft)}
.side a{display:block;padding:.16rem 0;color:var(--text);text-decoration:none;overflow-wrap:anywhere}
.side a:hover{color:var(--accent)}
.main{padding:1.8rem 1.5rem 4rem;min-width:0}
.op,.schema{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:1rem 1.2rem;margin:1rem 0}
.op h3{display:flex;flex-wrap:wrap;gap:.3rem .7rem;align-items:baseline;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;
font-weight:500;overflow-wrap:anywhere}
.verb{font-weight:700;font-size:.78rem;letter-spacing:.04em}
.get{color:var(--get)}.post{color:var(--post)}.delete{color:var(--delete)}
.summary{font-weight:600;margin:.2rem 0 .4rem}
h4.part{margin:1rem 0 .2rem;font-size:.82rem;color:var(--soft);font-weight:600}
.rows{display:grid;margin:0;border-top:1px solid var(--line)}
.row{display:grid;grid-template-columns:minmax(8rem,14rem) minmax(0,1fr);gap:.2rem 1rem;padding:.4rem 0;border-bottom:1px solid var(--line)}
.row>:first-child{overflow-wrap:anywhere}
.row p{margin:.1rem 0}
.type{color:var(--soft);font-size:.88em;overflow-wrap:anywhere}
.required{color:var(--warn);font-size:.8em;font-weight:600;margin-left:.4em}
.optional{color:var(--soft);font-size:.8em;margin-left:.4em}
.status{font-weight:600;font-variant-numeric:tabular-nums}
details.schema summary{cursor:pointer;font-weight:600}
@media (max-width:860px){.docs{grid-template-columns:minmax(0,1fr)}.side{display:none}.main{padding:1.2rem 1rem 3rem}
.row{grid-template-columns:minmax(0,1fr)}}
`;
