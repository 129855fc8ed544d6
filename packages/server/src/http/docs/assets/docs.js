// The page of the API: search, colours, copying, and requests to try. It works without this, only with less comfort.
// @ts-check

const root = document.documentElement;
const themeKey = 'tacho-docs-theme';

// Before the first paint, or the page would flash; an address with ?theme= has its say from the server.
if (root.dataset.theme === undefined) {
  const kept = localStorage.getItem(themeKey);
  if (kept === 'light' || kept === 'dark') root.dataset.theme = kept;
}

document.addEventListener('DOMContentLoaded', () => {
  for (const hidden of document.querySelectorAll('[hidden]:not(.none)')) hidden.hidden = false;
  for (const pre of document.querySelectorAll('.curl')) {
    pre.textContent = pre.textContent.replace('http://localhost:9090', location.origin);
  }
  const nav = document.querySelector('.nav');
  if (matchMedia('(max-width: 760px)').matches) nav.open = false;
  listenToClicks();
  listenToSearch(nav);
  followReading();
});

function listenToClicks() {
  const doing = { copy, try: startTrying, send, stop, theme: switchTheme };
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-do]');
    if (button !== null) doing[button.dataset.do](button);
    const link = event.target.closest('.nav a');
    if (link !== null && matchMedia('(max-width: 760px)').matches)
      link.closest('.nav').open = false;
  });
}

function switchTheme() {
  const isDark = root.dataset.theme
    ? root.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = isDark ? 'light' : 'dark';
  localStorage.setItem(themeKey, root.dataset.theme);
}

async function copy(button) {
  const { textContent } = button.closest('.request').querySelector('.curl');
  let done = 'Copied';
  try {
    await navigator.clipboard.writeText(textContent);
  } catch {
    // Pages from other machines without HTTPS have no clipboard; the text is selected instead.
    getSelection().selectAllChildren(button.closest('.request').querySelector('.curl'));
    done = 'Selected';
  }
  button.textContent = done;
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 1500);
}

/* Search: words that must all stand in an endpoint's texts */

function listenToSearch(nav) {
  const input = document.querySelector('#search');
  const items = [...nav.querySelectorAll('li')];
  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of items)
      item.hidden = !words.every((word) => item.dataset.text.includes(word));
    for (const section of nav.querySelectorAll('section')) {
      section.hidden = section.querySelector('li:not([hidden])') === null;
    }
    nav.querySelector('.none').hidden = items.some((item) => !item.hidden);
    if (words.length > 0) {
      nav.open = true;
      // Where the list is no column of its own it stands above everything else.
      if (matchMedia('(max-width: 760px)').matches) scrollTo(0, 0);
    }
  };
  input.addEventListener('input', filter);
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      input.value = '';
      filter();
      input.blur();
    } else if (event.key === 'Enter') {
      nav.querySelector('li:not([hidden]) a')?.click();
      input.blur();
    } else if (event.key === 'ArrowDown') {
      event.preventDefault();
      nav.querySelector('li:not([hidden]) a')?.focus();
    }
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('input, select, textarea') !== null) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
}

/** Marks the endpoint at the top of the window in the list. */
function followReading() {
  const links = new Map(
    [...document.querySelectorAll('.nav a')].map((link) => [link.hash.slice(1), link]),
  );
  const inView = new Set();
  let current;
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) inView.add(target);
        else inView.delete(target);
      }
      const first = [...document.querySelectorAll('.op')].find((op) => inView.has(op));
      const link = first && links.get(first.id);
      if (link === undefined || link === current) return;
      current?.removeAttribute('aria-current');
      link.setAttribute('aria-current', 'true');
      current = link;
      const nav = link.closest('.nav');
      const { top, bottom } = link.getBoundingClientRect();
      const box = nav.getBoundingClientRect();
      if (getComputedStyle(nav).position === 'sticky' && (top < box.top || bottom > box.bottom)) {
        nav.scrollTop += top - box.top - box.height / 2;
      }
    },
    { rootMargin: '-64px 0px -60% 0px' },
  );
  for (const op of document.querySelectorAll('.op')) observer.observe(op);
}

/* Requests to try */

/** Longer answers are cut for showing. */
const shownLength = 200_000;

function startTrying(button) {
  const op = button.closest('.op');
  for (const row of op.querySelectorAll('tr[data-in="path"], tr[data-in="query"]')) addInput(row);
  for (const more of op.querySelectorAll('.filter')) more.open = true;
  button.textContent = 'Send';
  button.dataset.do = 'send';
  button.classList.add('main');
  const answer = document.createElement('div');
  answer.className = 'answer';
  answer.hidden = true;
  answer.innerHTML =
    '<header><h4>Answer <span class="status"></span></h4></header><pre tabindex="0"></pre>';
  op.querySelector('.ask').append(answer);
  showRequest(op);
  const first = op.querySelector('.given');
  if (first === null) send(button);
  else first.focus();
}

function addInput(row) {
  const { name, words, preset } = row.dataset;
  const input = document.createElement(words ? 'select' : 'input');
  input.className = 'given';
  input.setAttribute('aria-label', name);
  if (words) {
    for (const word of ['', ...words.split(' ')]) input.append(new Option(word, word));
  } else {
    input.placeholder = preset ?? '';
    input.spellcheck = false;
    input.autocomplete = 'off';
  }
  if (row.dataset.in === 'path') input.required = true;
  row.querySelector('td').append(input);
  const op = row.closest('.op');
  input.addEventListener('input', () => showRequest(op));
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') op.querySelector('[data-do="send"]')?.click();
  });
}

/** What comes before every path: this page may be under the prefix of a proxy. */
const base = new URL('.', location.href).href.replace(/\/$/, '');

/** The address of what was filled in; undefined while a name in the path is missing. */
function addressOf(op) {
  let path = op.dataset.path;
  let complete = true;
  const query = new URLSearchParams();
  for (const row of op.querySelectorAll('tr[data-in]')) {
    const value = row.querySelector('.given')?.value ?? '';
    if (row.dataset.in === 'path') {
      if (value === '') complete = false;
      else path = path.replace(`{${row.dataset.name}}`, encodeURIComponent(value));
    } else if (value !== '') query.append(row.dataset.name, value);
  }
  const text = query.toString();
  return { address: text === '' ? path : `${path}?${text}`, complete };
}

function showRequest(op) {
  const { address } = addressOf(op);
  const url = base + address;
  const quoted = /^[\w:/.,=@%+-]+$/.test(url) ? url : `'${url}'`;
  const head = tokenText() === '' ? '' : ` \\\n  -H "Authorization: Bearer $TACHO_TOKEN"`;
  op.querySelector('.curl').textContent = `curl ${quoted}${head}`;
}

function tokenText() {
  return document.querySelector('#token').value.trim();
}

/** Requests under way, by endpoint. */
const underWay = new Map();

function stop(button) {
  underWay.get(button.closest('.op'))?.abort();
}

async function send(button) {
  const op = button.closest('.op');
  const { address, complete } = addressOf(op);
  if (!complete) {
    op.querySelector('tr[data-in="path"] .given').focus();
    return;
  }
  const shown = op.querySelector('.answer');
  const text = shown.querySelector('pre');
  const status = shown.querySelector('.status');
  const abort = new AbortController();
  underWay.set(op, abort);
  shown.hidden = false;
  text.textContent = '';
  status.textContent = 'waiting …';
  button.textContent = 'Stop';
  button.dataset.do = 'stop';
  const started = performance.now();
  try {
    const token = tokenText();
    const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(base + address, { headers, signal: abort.signal });
    const told = (length) => showStatus(status, response, performance.now() - started, length);
    told(0);
    text.textContent = await readAnswer(response, told, (part) => {
      text.textContent = part;
    });
  } catch (error) {
    if (abort.signal.aborted) status.append(' stopped');
    else status.textContent = `no answer: ${error.message}`;
  } finally {
    underWay.delete(op);
    button.textContent = 'Send';
    button.dataset.do = 'send';
  }
}

function showStatus(place, response, ms, length) {
  const code = document.createElement('b');
  code.textContent = `${response.status} ${response.statusText}`;
  code.classList.toggle('bad', !response.ok);
  const size = length < 1024 ? `${length} characters` : `${Math.round(length / 1024)} k characters`;
  place.replaceChildren(code, ` in ${Math.round(ms)} ms, ${size}`);
}

/** The text of an answer, as it comes; JSON is laid out, and what is too long is cut. */
async function readAnswer(response, told, showPart) {
  const isJson = /^application\/json/.test(response.headers.get('content-type') ?? '');
  let text = '';
  if (response.body === null) return text;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
    told(text.length);
    if (!isJson) showPart(text.slice(-shownLength));
    if (text.length > 10 * shownLength) {
      await reader.cancel();
      return `${text.slice(0, shownLength)}\n… and more: use curl for answers of this size`;
    }
  }
  told(text.length);
  const laidOut = isJson ? layOut(text) : text;
  return laidOut.length > shownLength
    ? `${laidOut.slice(0, shownLength)}\n… cut here; the whole answer has ${text.length} characters`
    : laidOut;
}

function layOut(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
