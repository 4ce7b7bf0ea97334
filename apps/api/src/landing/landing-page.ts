import { html, raw } from '../html/html';
import { pageText } from '../html/page';
import { LANDING_SCRIPT } from './landing-script';
import { LANDING_STYLE } from './landing-style';

const FIGURES = [
  ['waiting', 'waiting'],
  ['running', 'running'],
  ['cards', 'cards'],
  ['slots', 'slots busy'],
  ['speed', 'tokens per second'],
] as const;

/** What `/` shows where no dashboard was built. */
export const LANDING_PAGE = pageText({
  title: 'gistpool',
  path: '/',
  style: LANDING_STYLE,
  body: html`<main class="home">
      <h1>The pool right now</h1>
      <dl class="figures">
        ${FIGURES.map(
          ([id, name]) =>
            html`<div>
              <dt>${name}</dt>
              <dd id="${id}">–</dd>
            </div>`,
        )}
      </dl>
      <p id="state" class="soft" role="status"></p>
      <div id="fleet"></div>
      <p class="soft">
        Each curve is the cells a job held over its last steps; the dashed line is what is reserved for it.
      </p>
      <noscript
        ><p>This page needs JavaScript; the same as JSON: <a href="/v1/fleet">/v1/fleet</a></p></noscript
      >
    </main>
    <script>
      ${raw(LANDING_SCRIPT)};
    </script>`,
});
