// What of a stream is buffered, and how far behind its end is played.
class Feed {
  constructor(video, buffer) {
    this.video = video;
    this.buffer = buffer;
    this.aim = 0.3;             // seconds of media in hand; more after each stall
    this.hasStarted = false;
    this.reference = null;      // { media, time }: when a media time was at the relay
    this.timescale = 0;
    this.stuckSince = 0;
    this.lastTime = -1;
    this.finder = new BoxFinder((type, view) => {
      if (type === 'moov') this.timescale = timescaleOf(view);
      else if (this.timescale > 0) {
        const time = view.getUint32(8) - 2208988800 + view.getUint32(12) / 2 ** 32;
        this.reference = { time, media: Number(view.getBigUint64(16)) / this.timescale };
      }
    });
  }

  async append(bytes) {
    this.finder.receive(bytes);
    await this.update(() => this.buffer.appendBuffer(bytes));
    if (this.hasStarted) {
      const { currentTime } = this.video;
      if (currentTime - this.buffer.buffered.start(0) > 30) await this.update(() => this.buffer.remove(0, currentTime - 10));
      return;
    }
    const ranges = this.buffer.buffered;
    if (ranges.length === 0) return;
    this.hasStarted = true;
    this.seek();
    this.video.play().catch(() => {});
  }

  update(action) {
    return new Promise((resolve, reject) => {
      const done = () => { this.buffer.removeEventListener('error', failed); resolve(); };
      const failed = () => { this.buffer.removeEventListener('updateend', done); reject(new Error('the media cannot be read')); };
      this.buffer.addEventListener('updateend', done, { once: true });
      this.buffer.addEventListener('error', failed, { once: true });
      try { action(); } catch (error) { done(); reject(error); }
    });
  }

  get end() {
    const ranges = this.buffer.buffered;
    return ranges.length === 0 ? 0 : ranges.end(ranges.length - 1);
  }

  get start() {
    const ranges = this.buffer.buffered;
    return ranges.length === 0 ? 0 : ranges.start(ranges.length - 1);
  }

  seek() { this.video.currentTime = Math.max(this.start, this.end - this.aim); }

  // Faster while too far behind, slower while about to run dry, a jump where that would take too long.
  keepUp() {
    const { video } = this;
    this.showDelay();
    if (!this.hasStarted || this.buffer.buffered.length === 0) return;
    if (video.paused || video.seeking) { this.lastTime = -1; return; }
    const ahead = this.end - video.currentTime;
    const isStuck = video.currentTime === this.lastTime;
    this.lastTime = video.currentTime;
    if (isStuck) {
      if (!this.stuckSince) {
        this.stuckSince = Date.now();
        player.stalls++;
      }
      if (ahead > 0.5 && Date.now() - this.stuckSince > 600) { this.stuckSince = 0; this.seek(); }
      return;
    }
    if (this.stuckSince) this.aim = Math.min(this.aim * 1.5, 3);
    this.stuckSince = 0;
    if (ahead > this.aim + 2 || video.currentTime < this.start) this.seek();
    else if (ahead > this.aim + 0.2) video.playbackRate = 1.08;
    else if (ahead < this.aim / 3) video.playbackRate = 0.94;
    else if (ahead < this.aim + 0.05 && ahead > this.aim / 2) video.playbackRate = 1;
  }

  // From the relay to the screen, by the relay's clock.
  get delay() {
    if (!this.reference || !this.hasStarted) return null;
    const shown = this.reference.time + this.video.currentTime - this.reference.media;
    return Date.now() / 1000 + clockOffset - shown;
  }

  showDelay() {
    const { delay } = this;
    // The delay of a picture that stands says nothing.
    const isRunning = delay !== null && !this.video.paused && condition.state === 'live';
    element('delay').textContent = isRunning ? 'delay ' + delay.toFixed(1) + ' s' : '';
  }

  // What is buffered is shown to its end.
  async playOut(signal) {
    for (let turn = 0; turn < 15 && this.end - this.video.currentTime > 0.1; turn++) await pause(0.2, signal);
  }
}
