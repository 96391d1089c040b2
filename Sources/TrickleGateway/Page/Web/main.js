// Where the page is, and what hands do.

let place = null;           // the name of the channel that is looked at; null: all

function placeOf(path) {
  if (!path.startsWith(base)) return null;
  const part = path.slice(base.length).split('/')[0];
  try { return part === '' ? null : decodeURIComponent(part); } catch { return null; }
}

function go(name, record = true) {
  if (record) history.pushState(null, '', name === null ? base : at(name));
  place = name;
  gone.clear();
  player.stop();
  pictures.stop();
  reading.stop();
  document.title = name === null ? 'trickle' : name + ' – trickle';
  for (const id of ['list', 'title', 'summary']) element(id).hidden = name !== null;
  for (const id of ['view', 'back', 'name']) element(id).hidden = name === null;
  for (const id of ['stage', 'text']) element(id).hidden = true;
  element('name').textContent = element('name').title = name ?? '';
  element('delay').textContent = '';
  for (const id of ['facts', 'meanings']) fill(element(id), [], false);
  show();
  poll.now();
  scrollTo(0, 0);
}

function show() {
  const names = [...known.keys()].sort();
  const viewers = [...known.values()].reduce((sum, channel) => sum + (channel?.viewers ?? 0), 0);
  const count = names.length === 0 ? 'No channel is live. As soon as one begins, it is here.'
    : (names.length === 1 ? '1 channel' : names.length + ' channels') + ', ' + words.viewers(viewers);
  element('summary').textContent = isListed && relayIsThere ? count : '';
  if (place === null) {
    decide();
    showCards(names);
  } else {
    showChannel();
  }
  // How to publish: where nothing is yet.
  const isEmpty = relayIsThere && isListed && (place === null ? names.length === 0 : condition.state === 'missing');
  element('how').hidden = !isEmpty;
  if (isEmpty) showRows(element('howRows'), commands.publishing(place ?? 'cam'));
}

const isPlain = event => !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);

// Whether a click is ours: others open a tab or a window.
function follows(event) {
  if (event.button !== 0 || !isPlain(event)) return false;
  event.preventDefault();
  return true;
}

for (const id of ['home', 'back']) element(id).addEventListener('click', event => follows(event) && go(null));
element('retry').addEventListener('click', () => { player.stop(); show(); });
element('capture').addEventListener('click', capture);
element('sound').addEventListener('click', () => { element('video').muted = false; show(); });
for (const event of ['volumechange', 'loadeddata', 'resize']) element('video').addEventListener(event, show);
addEventListener('popstate', () => go(placeOf(location.pathname), false));
addEventListener('keydown', event => {
  if (event.key.toLowerCase() === 'c' && isPlain(event)) capture();
  if (event.key === 'Escape' && place !== null && !document.fullscreenElement) go(null);
});

element('text').addEventListener('scroll', () => reading.hasScrolled());
new ResizeObserver(() => reading.keepEnd()).observe(element('text'));

// The picture gets what the header leaves.
new ResizeObserver(() => {
  document.documentElement.style.setProperty('--above', element('top').offsetHeight + 'px');
}).observe(element('top'));

// A tab that nobody sees asks for nothing; what it plays, it plays on.
let control = null;
function rest() {
  pictures.rest();
  control?.abort();
  control = null;
}
function wakeOrRest() {
  if (document.hidden) {
    rest();
  } else if (!control && !refusal) {
    control = new AbortController();
    follow(control.signal).catch(() => {});
    poll.run(control.signal).catch(() => {});
    pictures.wake();
  }
}
document.addEventListener('visibilitychange', wakeOrRest);
// The browser keeps the token as a cookie. In the address it would be in the history, and in what people copy.
if (new URLSearchParams(location.search).has('token')) history.replaceState(null, '', location.pathname);
go(placeOf(location.pathname), false);
wakeOrRest();
