// A channel of pictures, on the canvas.
const pictures = {
  name: null,
  problem: '',
  socket: null,
  screen: null,
  shown: null,        // the frame on the canvas: { blob, meta, width, height }
  frameRate: null,
  bitRate: null,
  timer: null,

  get isShown() { return this.shown !== null; },
  get dropped() { return (this.socket?.skipped ?? 0) + (this.screen?.overtaken ?? 0); },

  start(name) {
    if (this.name === name) return;
    this.stop();
    this.name = name;
    this.frameRate = new RecentRate();
    this.bitRate = new RecentRate();
    this.screen = new FrameScreen(element('canvas'), {
      shown: frame => this.hasShown(frame), failed: frame => this.hasFailed(frame),
    });
    this.socket = new FrameSocket(name, (blob, meta) => this.received(blob, meta));
    this.timer = setInterval(() => this.showDelay(), 500);
    this.wake();
  },

  stop() {
    if (this.name === null) return;
    this.rest();
    this.screen.close();
    clearInterval(this.timer);
    this.name = this.socket = this.screen = this.shown = null;
    this.problem = '';
    element('delay').textContent = '';
  },

  // A page that nobody sees asks for nothing.
  rest() {
    this.socket?.rest();
    this.screen?.clear();
  },

  wake() {
    if (!document.hidden && !refusal) this.socket?.wake();
  },

  received(blob, meta) {
    this.bitRate.add(8 * blob.size);
    this.screen.take({ blob, meta });
  },

  hasShown(frame) {
    const isOther = frame.width !== this.shown?.width || frame.height !== this.shown?.height || this.problem !== '';
    this.shown = frame;
    frame.delay = Math.max(0, Date.now() / 1000 + clockOffset - frame.meta.at / 1000);
    frame.shownAt = performance.now();
    this.frameRate.add(1);
    this.problem = '';
    if (isOther) show();
  },

  async hasFailed(frame) {
    const { name } = this;
    const type = await pictureType(frame.blob);
    // One bad picture among good ones is only one that is not shown.
    if (this.name !== name || performance.now() - (this.shown?.shownAt ?? -1000) < 1000) return;
    this.problem = 'This browser cannot show what comes as a picture' + (type ? ' (' + type + ')' : '') + '.';
    show();
  },

  // The delay of a picture that stands says nothing.
  showDelay() {
    const isRunning = this.isShown && condition.state === 'live' && performance.now() - this.shown.shownAt < 1000;
    element('delay').textContent = isRunning ? 'delay ' + words.delay(this.shown.delay) : '';
  },

  facts() {
    return {
      Picture: this.shown.width + '×' + this.shown.height,
      Shown: words.frameRate(Math.round(10 * this.frameRate.value) / 10),
      Dropped: String(this.dropped),
      Received: words.rate(this.bitRate.value),
    };
  },

  // The frame that is shown, byte by byte as it came.
  async capture() {
    const { name, shown } = this;
    if (!shown) return;
    const type = await pictureType(shown.blob);
    save(new Blob([shown.blob], { type: type || 'application/octet-stream' }), name + '-' + shown.meta.seq + '.' + extensionOf(type));
  },
};
