/** What the console page runs in the browser: it draws what the server tells it and holds no state of its own. */
export const script = `
const at = (id) => document.getElementById(id);
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit' });
const hours = (ms) => ms >= 3600000 ? (ms / 3600000).toFixed(1) + ' h' : Math.max(0, Math.round(ms / 60000)) + ' min';

function statusOf(view) {
  if (view.token === null) return ['nobody has logged in', 'bad'];
  if (view.latchedSinceMs !== null) return ['a person is needed', 'bad'];
  if (view.pausedSinceMs !== null) return ['paused', 'bad'];
  if (view.token.expiresAtMs !== null && view.nowMs >= view.token.expiresAtMs) return ['expired', 'bad'];
  if (view.uncertainSinceMs !== null) return ['an answer is missing, the token still works', 'bad'];
  if (view.failingSinceMs !== null) return ['refreshing fails, the token still works', 'bad'];
  return ['fresh', 'good'];
}

function noteOf(view) {
  if (view.latchedSinceMs !== null) return 'The provider no longer accepts the refresh token. Next step: fresco login';
  if (view.uncertainSinceMs !== null) return 'A refresh was sent at ' + clock.format(view.uncertainSinceMs) + ' and its answer never came. The token may be spent, so it is not sent again before the access token is near its end.';
  if (view.seals > 0) return view.seals + ' token kept in a seal, waiting to be made current.';
  return '';
}

function draw(view) {
  const [words, tone] = statusOf(view);
  at('status').textContent = words;
  at('status').className = 'status ' + tone;
  at('connection').textContent = view.connection;
  at('now').textContent = day.format(view.nowMs);
  at('note').textContent = noteOf(view);
  at('note').hidden = at('note').textContent === '';
  drawToken(view);
  const lines = view.history.slice().reverse().slice(0, 30).map((line) => item(line.outcome === 'logged-in' || ['refreshed', 'recovered', 'adopted'].includes(line.outcome) ? 'good' : 'bad', day.format(line.atMs), 'gen ' + line.generation, line.outcome));
  if (lines.length > 0) at('history').replaceChildren(...lines);
}

function drawToken({ token, nowMs }) {
  if (token === null) return;
  at('generation').textContent = 'generation ' + token.generation;
  at('fingerprint').textContent = 'sha256 ' + token.fingerprint + ' …';
  if (token.expiresAtMs === null) return;
  const life = token.expiresAtMs - token.issuedAtMs;
  const left = Math.max(0, token.expiresAtMs - nowMs);
  const percent = Math.round((left / life) * 100);
  at('life').setAttribute('aria-valuenow', percent);
  at('life').setAttribute('aria-valuetext', hours(left) + ' left');
  at('life').classList.toggle('low', left < 2 * 3600000);
  at('life-left').style.width = percent + '%';
  at('life-mark').style.left = ((token.expiresAtMs - token.refreshFromMs) / life) * 100 + '%';
  at('issued').textContent = hours(left) + ' left';
  at('refresh').textContent = 'due ' + day.format(token.refreshFromMs);
  at('expires').textContent = 'ends ' + day.format(token.expiresAtMs);
}

function item(tone, time, label, text) {
  const li = document.createElement('li');
  li.className = tone;
  for (const [tag, content] of [['time', time], ['i', label], ['span', text]]) {
    li.append(Object.assign(document.createElement(tag), { textContent: content }));
  }
  return li;
}

const source = new EventSource('/moments');
source.addEventListener('connection', (event) => draw(JSON.parse(event.data)));
source.addEventListener('moment', (event) => {
  const moment = JSON.parse(event.data);
  const list = at('moments');
  list.querySelector('.empty')?.remove();
  list.prepend(item(moment.tone, clock.format(moment.atMs), moment.kind, moment.text));
  while (list.children.length > 200) list.lastChild.remove();
});
source.onerror = () => { at('status').textContent = 'the local system has stopped'; at('status').className = 'status bad'; };

for (const button of document.querySelectorAll('button')) {
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      const response = await fetch('/actions/' + button.dataset.action, { method: 'POST' });
      const { text, error } = await response.json();
      at('answer').textContent = text ?? error;
    } catch {
      at('answer').textContent = 'that did not work: the local system did not answer';
    } finally {
      button.disabled = false;
    }
  });
}
`;
