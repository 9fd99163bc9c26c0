/** What the page runs in the browser: it puts what the server has drawn in its places. */
export const script = `
'use strict';
const at = (id) => document.getElementById(id);
const momentsMax = 200;

// Text is only touched where it differs, so that a screen reader hears of changes alone.
function write(id, text) {
  if (at(id).textContent !== text) at(id).textContent = text;
}

function made(tag, text, className) {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

function showStatus(words, tone) {
  write('status', words);
  at('status').className = 'status ' + tone;
  document.title = words + (at('badge').hidden ? '' : ' · sandbox') + ' · Fresco';
}

function show(drawing) {
  at('badge').hidden = !drawing.isSandbox;
  showStatus(drawing.status.words, drawing.status.tone);
  document.body.className = drawing.status.tone + (drawing.needsPerson ? ' needs-person' : '');
  write('clock', drawing.clock);
  write('note', drawing.note);
  at('note').className = 'note ' + drawing.status.tone;
  at('note').hidden = drawing.note === '';
  at('connect').hidden = drawing.connectUrl === '';
  if (drawing.connectUrl !== '') at('connect-link').href = drawing.connectUrl;
  write('connect-link', drawing.connectUrl);
  if (drawing.token) showToken(drawing.token);
  replace('faults', drawing.faults.map((text) => made('li', text)), drawing.faults);
  at('faults').hidden = drawing.faults.length === 0;
  replace('facts', drawing.facts.map(fact), drawing.facts);
  replace('stations', drawing.stations.map(station), drawing.stations);
  at('stations').hidden = drawing.stations.length === 0;
  showStored(drawing.stored);
  if (at('kill')) showKilled(drawing.killed);
  if (drawing.generations.length > 0) {
    replace('generations', drawing.generations.map(generation), drawing.generations);
    replace('strip', drawing.generations.flatMap(stripOf), drawing.generations);
  }
}

function showToken(token) {
  write('left', token.left);
  write('left-what', token.leftWhat);
  write('generation', token.generation);
  write('fingerprint', token.fingerprint);
  at('life').setAttribute('aria-valuenow', token.leftPercent);
  at('life').setAttribute('aria-valuetext', token.left + ' ' + token.leftWhat);
  at('life').classList.toggle('low', token.isLow);
  at('life-left').style.width = token.leftPercent + '%';
  at('life-due').style.left = token.duePercent + '%';
  write('issued', token.issued);
  write('due', token.due);
  write('ends', token.ends);
}

const counted = new Map();

function station({ name, count, what }) {
  const li = document.createElement('li');
  li.append(made('b', name), made('span', count + ' ' + what));
  // Something has just passed here.
  li.classList.toggle('passed', counted.has(name) && counted.get(name) !== count);
  counted.set(name, count);
  return li;
}

function showStored(stored) {
  replace('journal', stored.journal.map(fact), stored.journal);
  replace('grant-versions', stored.grant.map(version), stored.grant);
  replace('token-versions', stored.accessToken.map(version), stored.accessToken);
}

function version({ text, id, labels }) {
  const li = document.createElement('li');
  li.append(made('span', text), made('code', id), ...labels.map((label) => made('i', label)));
  return li;
}

function showKilled(killed) {
  const steps = [...document.querySelectorAll('.steps label')];
  const died = killed ? steps.findIndex((label) => label.firstChild.value === killed.step) : -1;
  const isDead = killed && killed.isKilled;
  steps.forEach((label, index) => {
    label.classList.toggle('done', isDead && index < died);
    label.classList.toggle('died', isDead && index === died);
  });
  at('kill-more').hidden = !killed;
  if (!killed) return;
  replace('aftermath', [made('b', killed.headline), made('p', killed.leaves), made('p', killed.next, killed.tone)], killed);
  write('replay', 'npx fresco local --sandbox --kill-at ' + killed.step);
  write('next-run-label', killed.button);
  // The focus must not vanish with its button.
  if (killed.button === '' && document.activeElement === at('next-run')) at('kill-button').focus();
  at('next-run').hidden = killed.button === '';
}

const drawn = new Map();

// Elements that are read or selected stay as they are while nothing has changed.
function replace(id, elements, data) {
  const text = JSON.stringify(data);
  if (drawn.get(id) === text) return;
  drawn.set(id, text);
  at(id).replaceChildren(...elements);
}

function fact([term, value]) {
  const row = document.createElement('div');
  row.append(made('dt', term), made('dd', value));
  return row;
}

function generation({ title, came, stay, incidents }) {
  const li = document.createElement('li');
  li.append(made('b', title), made('span', came), made('small', stay));
  if (incidents.length > 0) {
    const list = document.createElement('ul');
    list.append(...incidents.map(({ text }) => made('li', text)));
    li.append(list);
  }
  return li;
}

function stripOf({ label, fromPercent, toPercent, incidents }, index) {
  const width = toPercent - fromPercent;
  const isNarrow = width < 5;
  const span = made('span', isNarrow && index > 0 ? '' : label);
  span.classList.toggle('narrow', isNarrow && index > 0);
  span.classList.toggle('newest', index === 0);
  // What has only just begun is seen at the very end.
  if (index === 0) span.style.right = 0;
  else span.style.left = fromPercent + '%';
  span.style.width = width + '%';
  return [span, ...incidents.map(({ atPercent }) => {
    const tick = made('i', '');
    tick.style.left = atPercent + '%';
    return tick;
  })];
}

function moment({ at: when, kind, tone, text }) {
  const li = document.createElement('li');
  li.className = tone + ' ' + kind;
  li.append(made('time', when), made('i', kind), made('span', text));
  return li;
}

function addMoments(moments) {
  at('moments').querySelector('.empty')?.remove();
  for (const one of moments) at('moments').prepend(moment(one));
  while (at('moments').children.length > momentsMax) at('moments').lastChild.remove();
}

const feed = new EventSource('/feed');
const on = (name, take) => feed.addEventListener(name, (event) => take(JSON.parse(event.data)));
on('connection', show);
on('recent', (moments) => {
  if (moments.length > 0) at('moments').replaceChildren();
  addMoments(moments);
});
on('moment', (one) => addMoments([one]));
on('trouble', ({ why }) => {
  showStatus('Cannot be read', 'bad');
  write('note', why);
  at('note').hidden = false;
});
feed.addEventListener('error', () => showStatus('The local system has stopped', 'bad'));

function answer(text, className, id) {
  write(id, text.charAt(0).toUpperCase() + text.slice(1) + '.');
  at(id).className = className;
}

async function press(button, path) {
  // A disabled button would lose the focus of a person who works by keyboard.
  if (button.getAttribute('aria-disabled') === 'true') return;
  button.setAttribute('aria-disabled', 'true');
  // What becomes of a kill is drawn below it: in words it is for ears alone, unless it failed.
  const say = (said, tone, failed) => button.closest('#kill')
    ? answer(said, failed ? 'answer bad' : 'unseen', 'kill-answer')
    : answer(said, 'answer ' + tone, 'answer');
  try {
    const response = await fetch(path, { method: 'POST' });
    const { text, tone, error } = await response.json();
    say(error ?? text, error ? 'bad' : tone, error);
  } catch {
    say('that did not work: the local system does not answer', 'bad', true);
  } finally {
    button.removeAttribute('aria-disabled');
  }
}

for (const button of document.querySelectorAll('[data-action]')) {
  button.addEventListener('click', () => press(button, '/actions/' + button.dataset.action));
}
at('kill-form')?.addEventListener('submit', (event) => {
  event.preventDefault();
  press(at('kill-button'), '/kills/' + new FormData(event.target).get('step'));
});
at('requests')?.addEventListener('change', (event) => {
  at('moments').classList.toggle('without-requests', !event.target.checked);
});
`;
