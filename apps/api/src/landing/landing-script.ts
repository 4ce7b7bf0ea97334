/** Reads the fleet once a second while somebody looks. Plain script: it runs in the browser as it stands here. */
export const LANDING_SCRIPT = `
'use strict';
const SVG = 'http://www.w3.org/2000/svg';
const byId = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString('en-US');

function el(tag, className, ...children) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}
function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** The saw-tooth of a slot; the dashed line is what the job has reserved. */
function sawTooth(slot, top) {
  const points = slot.recent_cells.length > 1 ? slot.recent_cells : [slot.live_cells, slot.live_cells];
  const x = (i) => (100 * i) / (points.length - 1);
  const y = (value) => 40 - (38 * value) / top;
  const line = points.map((value, i) => 'L' + x(i).toFixed(1) + ' ' + y(value).toFixed(1)).join('');
  const area = svg('path', { d: 'M0 40' + line + 'L100 40Z' });
  const reserved = svg('line', { x1: 0, x2: 100, y1: y(slot.reserved_cells), y2: y(slot.reserved_cells) });
  return svg('svg', { viewBox: '0 0 100 40', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, area, ...(slot.job ? [reserved] : []));
}
function slotBox(slot, top) {
  const box = el(slot.job ? 'a' : 'div', slot.job ? 'slot' : 'slot idle');
  if (slot.job) {
    box.href = '/v1/jobs/' + encodeURIComponent(slot.job);
    box.title = slot.job;
  }
  const phase = slot.phase === 'think' ? 'thought ' + slot.thought : slot.phase;
  box.append(sawTooth(slot, top), el('div', '', el('span', '', phase), el('span', '', number(slot.live_cells))));
  return box;
}
/** All slots of a lane share one scale: the most that any of them holds or has reserved. */
function topOf(lane) {
  return Math.max(1, ...lane.slots.flatMap((slot) => [slot.reserved_cells, slot.live_cells, ...slot.recent_cells]));
}
function cardBox(card) {
  const facts = [card.model, card.method, card.device, Math.round(card.tokens_per_second) + ' tokens/s', card.cordon || card.state];
  const box = el('section', 'card', el('h3', '', card.card, el('span', 'soft', facts.join(' · '))));
  for (const lane of card.lanes) {
    const cells = lane.shared_cells === undefined
      ? ' slots of ' + number(lane.cells_per_slot) + ' cells'
      : ' slots that share ' + number(lane.shared_cells) + ' cells';
    const text = 'lane ' + lane.lane + ': ' + lane.slots.length + cells;
    box.append(el('p', 'lane soft', text), el('div', 'slots', ...lane.slots.map((slot) => slotBox(slot, topOf(lane)))));
  }
  return box;
}
function show(fleet) {
  const slots = fleet.cards.flatMap((card) => card.lanes.flatMap((lane) => lane.slots));
  byId('waiting').textContent = number(fleet.waiting);
  byId('running').textContent = number(fleet.running);
  byId('cards').textContent = number(fleet.cards.length);
  byId('slots').textContent = number(slots.filter((slot) => slot.job).length) + ' of ' + number(slots.length);
  byId('speed').textContent = number(Math.round(fleet.cards.reduce((sum, card) => sum + card.tokens_per_second, 0)));
  const hints = [];
  if (fleet.cards.length === 0) hints.push('No card reports itself; jobs wait until one does.');
  if (!fleet.scheduler.leader) hints.push('No scheduler leads; jobs wait until one does.');
  byId('state').textContent = hints.join(' ');
  byId('fleet').replaceChildren(...fleet.cards.map(cardBox));
}
async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch('/v1/fleet');
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.error.message);
    show(body);
  } catch (error) {
    byId('state').textContent = 'The pool does not answer: ' + error.message;
  }
}
async function watch() {
  await look();
  setTimeout(watch, 1000);
}
watch();
`;
