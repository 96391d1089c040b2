// The newest frame of a channel, again and again, by WebSocket. A connection that ends is made anew.
class FrameSocket {
  static shortestWait = 0.2;    // seconds
  static longestWait = 3;

  // received: is given each frame, and what the relay says of it.
  constructor(name, received) {
    this.url = location.origin.replace(/^http/, 'ws') + at(name, 'ws') + '?mode=latest&meta=1';
    this.received = received;
    this.socket = null;
    this.timer = null;
    this.wait = FrameSocket.shortestWait;
    this.skippedBefore = 0;
    this.skippedNow = 0;
  }

  // Frames that the relay passed over while a connection was there.
  get skipped() { return this.skippedBefore + this.skippedNow; }

  get isResting() { return this.socket === null && this.timer === null; }

  // At once, however long it has waited.
  wake() {
    if (!this.isResting) return;
    this.wait = FrameSocket.shortestWait;
    this.connect();
  }

  rest() {
    clearTimeout(this.timer);
    this.timer = null;
    const { socket } = this;
    this.socket = null;
    socket?.close();
  }

  connect() {
    const socket = this.socket = new WebSocket(this.url);
    let meta = null;
    this.skippedBefore = this.skipped;
    this.skippedNow = 0;
    socket.binaryType = 'blob';
    socket.addEventListener('message', ({ data }) => {
      if (socket !== this.socket) return;
      if (typeof data === 'string') {
        meta = JSON.parse(data);
        this.skippedNow = meta.skipped;
        return;
      }
      this.wait = FrameSocket.shortestWait;
      this.received(data, meta);
    });
    socket.addEventListener('close', () => {
      if (socket !== this.socket) return;
      this.socket = null;
      this.timer = setTimeout(() => { this.timer = null; this.connect(); }, 1000 * this.wait);
      this.wait = Math.min(2 * this.wait, FrameSocket.longestWait);
    });
  }
}
