// Plays /NAME/live.mp4 as it comes.

const player = {
  name: null,
  problem: '',
  control: null,
  stalls: 0,

  // Whether something of the channel is to be seen, or heard.
  get isShown() { return element('video').readyState >= 2; },

  play(name) {
    if (this.name === name) return;
    this.stop();
    this.name = name;
    this.control = new AbortController();
    this.run(name, this.control.signal);
  },

  stop() {
    this.control?.abort();
    this.control = this.name = null;
    this.problem = '';
    const video = element('video');
    video.removeAttribute('poster');
    if (video.src) {
      video.removeAttribute('src');
      video.load();
    }
    element('delay').textContent = '';
  },

  async run(name, signal) {
    let wait = 0.2;
    while (!signal.aborted) {
      const start = Date.now();
      try {
        const problem = await this.attempt(name, signal);
        if (signal.aborted) return;
        if (problem) {
          this.problem = problem;
          if (features.thumbnails && known.get(name)?.video) element('video').poster = at(name, 'thumbnail.jpg');
          show();
          return;
        }
      } catch (error) {
        if (signal.aborted) return;
      }
      // A stream that ended after a while is asked for again at once: the channel began anew, or its codecs changed.
      wait = Date.now() - start > 3000 ? 0.2 : Math.min(2 * wait, 3);
      element('delay').textContent = '';
      do await pause(wait, signal).catch(() => {});
      while (!signal.aborted && !(relayIsThere && known.has(name)));
    }
  },

  // Plays one stream to its end. Returns why there is no use in trying again, if so.
  async attempt(name, signal) {
    const answer = await ask(at(name, 'live.mp4'), { signal });
    if (answer.status === 415) return await answer.text();
    if (!answer.ok) return '';
    const body = answer.body.getReader();
    try {
      return await this.playBody(name, body, answer.headers.get('Content-Type'), signal);
    } finally {
      // Who is let go of is no viewer any more.
      body.cancel().catch(() => {});
    }
  },

  async playBody(name, body, type, signal) {
    const Source = window.ManagedMediaSource ?? window.MediaSource;
    const video = element('video');
    if (!Source?.isTypeSupported(type)) return 'This browser cannot play ' + (known.get(name)?.codecs.join(' with ') || type) + '.';
    this.problem = '';
    const source = new Source();
    video.disableRemotePlayback = true;
    const url = URL.createObjectURL(source);
    video.src = url;
    try {
      await new Promise((resolve, reject) => {
        source.addEventListener('sourceopen', resolve, { once: true });
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    } finally {
      // What is open needs its address no more.
      URL.revokeObjectURL(url);
    }
    const feed = new Feed(video, source.addSourceBuffer(type));
    const timer = setInterval(() => feed.keepUp(), 200);
    try {
      for (let part; !(part = await body.read()).done;) await feed.append(part.value);
      await feed.playOut(signal);
    } finally {
      clearInterval(timer);
    }
    return '';
  },
};
