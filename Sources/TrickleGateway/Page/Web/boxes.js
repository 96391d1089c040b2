// Finds 'moov' and 'prft' among the boxes of fragmented MP4.
class BoxFinder {
  constructor(found) {
    this.found = found;
    this.head = [];
    this.left = 0;
    this.wanted = null;
  }

  receive(bytes) {
    for (let offset = 0; offset < bytes.length;) {
      if (this.left > 0) {
        const part = bytes.subarray(offset, offset + this.left);
        this.wanted?.parts.push(...part);
        this.left -= part.length;
        offset += part.length;
        if (this.left === 0 && this.wanted) this.found(this.wanted.type, new DataView(Uint8Array.from(this.wanted.parts).buffer));
        continue;
      }
      this.head.push(bytes[offset++]);
      if (this.head.length < 8) continue;
      const view = new DataView(Uint8Array.from(this.head).buffer);
      const type = String.fromCharCode(...this.head.slice(4));
      this.left = view.getUint32(0) - 8;
      this.wanted = type === 'moov' || type === 'prft' ? { type, parts: [] } : null;
      this.head = [];
    }
  }
}

// Ticks per second of the first track in 'moov'.
function timescaleOf(view) {
  for (let place = 0; place + 24 < view.byteLength; place++) {
    if (view.getUint32(place) === 0x6d646864) return view.getUint32(place + (view.getUint8(place + 4) === 1 ? 24 : 16));
  }
  return 0;
}
