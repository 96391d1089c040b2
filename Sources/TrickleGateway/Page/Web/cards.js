// All channels, as cards.

const cards = new Map();

class Card {
  constructor(name) {
    this.name = name;
    this.item = document.createElement('li');
    const link = this.link = document.createElement('a');
    link.className = 'card';
    link.href = at(name);
    link.addEventListener('click', event => follows(event) && go(name));
    const screen = document.createElement('div');
    screen.className = 'screen';
    this.kind = document.createElement('span');
    this.kind.className = 'kind';
    this.image = document.createElement('img');
    this.image.alt = '';
    this.image.hidden = true;
    screen.append(this.kind, this.image);
    const body = document.createElement('div');
    body.className = 'body';
    this.title = document.createElement('h2');
    this.title.textContent = name;
    this.media = document.createElement('div');
    this.state = document.createElement('div');
    this.media.className = this.state.className = 'quiet';
    body.append(this.title, this.media, this.state);
    link.append(screen, body);
    this.item.append(link);
    this.isSeen = false;
    this.isLoading = false;
    this.picture = null;
    this.loadedAt = 0;
    sight.observe(this.item);
    this.item.card = this;
  }

  show(channel) {
    if (!channel) return;
    const kind = kindOf(channel);
    const isSilent = ['video', 'sound', 'stream'].includes(kind) && channel.idle >= silence;
    this.kind.textContent = { video: '', sound: '♪', pictures: '▦', text: '≡', stream: '…', other: '01' }[kind] ?? '';
    this.media.textContent = [
      [channel.video?.codec, channel.audio?.codec].filter(Boolean).join(', ') || (kind === 'stream' ? 'MPEG-TS' : channel.contentType),
      words.picture(channel), isSilent ? '' : words.rate(channel.bitrate),
    ].filter(Boolean).join(' · ');
    this.state.textContent = isSilent ? 'Nothing has come since ' + words.clock(channel.lastByteAt)
      : [words.viewers(channel.viewers), 'for ' + words.age(channel.age)].join(' · ');
    this.state.classList.toggle('warning', isSilent);
    this.link.classList.toggle('still', isSilent);
    this.load(channel);
  }

  // A picture every two seconds at most, and only where it can be seen.
  async load(channel) {
    const isPictures = kindOf(channel) === 'pictures';
    const picture = isPictures ? channel.next - 1 : features.thumbnails ? channel.picture : null;
    if (picture === null || picture < 0 || picture === this.picture) return;
    if (!this.isSeen || this.isLoading || document.hidden || Date.now() - this.loadedAt < 2000) return;
    this.isLoading = true;
    try {
      const answer = await ask(isPictures ? at(this.name, picture) : at(this.name, 'thumbnail.jpg') + '?width=480');
      if (answer.status === 200) await this.draw(await answer.blob());
      if (answer.status === 200) this.picture = picture;
    } catch { /* the changefeed tells when the relay is gone */ }
    this.isLoading = false;
    this.loadedAt = Date.now();
  }

  async draw(blob) {
    const url = URL.createObjectURL(blob);
    this.image.src = url;
    this.image.hidden = false;
    // What is decoded needs its address no more.
    try { await this.image.decode(); } finally { URL.revokeObjectURL(url); }
  }

  remove() {
    sight.unobserve(this.item);
    this.item.remove();
  }
}

const sight = new IntersectionObserver(entries => {
  for (const entry of entries) entry.target.card.isSeen = entry.isIntersecting;
});

function showCards(names) {
  const list = element('cards');
  names.forEach((name, index) => {
    let card = cards.get(name);
    if (!card) cards.set(name, card = new Card(name));
    if (list.children[index] !== card.item) list.insertBefore(card.item, list.children[index] ?? null);
    card.show(known.get(name));
  });
}
