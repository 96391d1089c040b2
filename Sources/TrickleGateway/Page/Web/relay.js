// What the relay tells: which channels there are, and how they do.

const base = document.documentElement.dataset.base;
const at = (...parts) => base + parts.map(encodeURIComponent).join('/');
// Where a script is told 401, many a browser would ask its visitor for a password in the middle of the page: this tells the relay not to have it do so.
const ask = (url, options = {}) => fetch(url, { cache: 'no-store', headers: { 'X-Requested-With': 'fetch' }, ...options });
const element = id => document.getElementById(id);
const pause = (seconds, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, 1000 * seconds);
  signal?.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
});

const known = new Map();    // name → what the relay told last
const gone = new Map();     // names that ended while somebody looked at them → when, by our clock; null: nobody saw it
let features = {};          // what this relay serves for players
let isListed = false;       // whether it has told which channels there are
let relayIsThere = true;
let refusal = null;         // 401 or 403: the relay does not let this page in
let awaySince = 0;          // by our clock, seconds since 1970

function setRelay(isThere) {
  if (isThere === relayIsThere) return;
  relayIsThere = isThere;
  awaySince = Date.now() / 1000;
  show();
}

// Whoever asks again with the same gets the same, and looks like somebody who guesses.
function isRefused(answer) {
  if (answer.status !== 401 && answer.status !== 403) return false;
  refusal = answer.status;
  rest();
  show();
  return true;
}

// The changefeed says at once what comes and goes.
async function follow(signal) {
  let wait = 0.5;
  while (!signal.aborted) {
    try {
      const listing = await ask(at('_channels'), { signal });
      if (isRefused(listing)) return;
      const list = await listing.json();
      setRelay(true);
      wait = 0.5;
      isListed = true;
      take({ added: list.channels, removed: [...known.keys()].filter(name => !list.channels.includes(name)) }, null);
      if (list.next === undefined) { await pause(2, signal); continue; }
      for (let number = list.next; ; number++) {
        const answer = await ask(at('_changes', number), { signal });
        if (!answer.ok || answer.status === 204) break;
        const change = await answer.text();
        if (change === '') break;
        take(JSON.parse(change));
      }
    } catch (error) {
      if (signal.aborted) return;
      setRelay(false);
    }
    await pause(wait, signal).catch(() => {});
    wait = Math.min(2 * wait, 3);
  }
}

function take({ added = [], removed = [] }, endedAt = Date.now() / 1000) {
  for (const name of removed) {
    if (known.delete(name) && name === place) gone.set(name, endedAt);
    cards.get(name)?.remove();
    cards.delete(name);
  }
  for (const name of added) {
    if (name.startsWith('_')) continue;
    gone.delete(name);
    if (!known.has(name)) known.set(name, null);
  }
  show();
  if (added.length > 0) poll.now();
}

// Figures, once a second.
const poll = {
  wake: null,
  now() { this.wake?.(); },
  async run(signal) {
    while (!signal.aborted) {
      try {
        const start = Date.now();
        const query = known.has(place) ? '?name=' + encodeURIComponent(place) : '';
        const answer = await ask(at('_api', 'channels') + query, { signal });
        if (isRefused(answer)) return;
        if (answer.ok) {
          const report = await answer.json();
          clock.learn(report.time, start / 1000, Date.now() / 1000);
          features = report.features;
          for (const channel of report.channels) {
            channel.lastByteAt = report.time - channel.idle - clockOffset;
            if (known.has(channel.name)) known.set(channel.name, channel);
          }
          show();
        }
      } catch (error) {
        if (signal.aborted) return;
      }
      const woken = new Promise(resolve => { this.wake = resolve; });
      await Promise.race([pause(1, signal), woken]).catch(() => {});
      await pause(0.1, signal).catch(() => {});
    }
  },
};
