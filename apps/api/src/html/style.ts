/** Colours, type and the bar at the top: shared by all pages. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fbfbf9;--panel:#fff;--line:#e2e2dc;--text:#1d2321;--soft:#5c6662;--accent:#0b6e60;
--accent-bg:#e3f3ef;--code:#f2f2ed;--get:#1c6a9c;--post:#0b6e60;--delete:#b03a2e;--warn:#9a5b00}
@media (prefers-color-scheme:dark){:root{--bg:#121615;--panel:#191f1d;--line:#2c3532;--text:#e4e9e6;--soft:#97a39e;
--accent:#5cc9b4;--accent-bg:#173a33;--code:#212927;--get:#7cbfe8;--post:#5cc9b4;--delete:#f0988c;--warn:#e0aa55}}
*{box-sizing:border-box}
html{scroll-padding-top:4rem}
body{margin:0;background:var(--bg);color:var(--text);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
a{color:var(--accent)}
a:focus-visible,summary:focus-visible,pre:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.875em}
code{background:var(--code);padding:.1em .3em;border-radius:4px;overflow-wrap:anywhere}
pre{background:var(--code);border:1px solid var(--line);border-radius:8px;padding:.75rem 1rem;overflow-x:auto;margin:.5rem 0}
pre code{background:none;padding:0;overflow-wrap:normal;font-size:inherit}
.top{position:sticky;top:0;z-index:1;display:flex;gap:1.5rem;align-items:center;padding:.7rem 1.5rem;background:var(--panel);
border-bottom:1px solid var(--line)}
.brand{font-weight:650;color:var(--text);text-decoration:none;letter-spacing:-.01em}
.top nav{display:flex;gap:1.1rem}
.top nav a{color:var(--soft);text-decoration:none}
.top nav a:hover{color:var(--text)}
.top nav a[aria-current]{color:var(--accent);font-weight:600}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .5rem;letter-spacing:-.015em}
h2{font-size:1.2rem;margin:2.5rem 0 .25rem}
h3{font-size:1.02rem;margin:0}
p{margin:.4rem 0;max-width:70ch}
.soft{color:var(--soft)}
@media (max-width:640px){.top{padding:.7rem 1rem;gap:1rem}.top nav{gap:.8rem}}
`;
