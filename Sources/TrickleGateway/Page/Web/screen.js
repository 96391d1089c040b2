// Frames on a canvas: the newest at each animation frame. What a newer one overtakes is dropped, and its memory given back.
class FrameScreen {
  // shown: told when a frame is on the canvas; failed: when one cannot be decoded.
  constructor(canvas, { shown, failed }) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    // A frame that is transparent somewhere does not show the one before.
    this.context.globalCompositeOperation = 'copy';
    this.shown = shown;
    this.failed = failed;
    this.next = null;           // has come, and is not decoded
    this.ready = null;          // is decoded, and waits for the animation frame
    this.isDecoding = false;
    this.isOver = false;
    this.overtaken = 0;
  }

  // frame: { blob, … }
  take(frame) {
    if (this.next) this.overtaken++;
    this.next = frame;
    if (!this.isDecoding) this.decode();
  }

  // Forgets what is not shown yet.
  clear() {
    this.next = null;
    this.ready?.bitmap.close();
    this.ready = null;
  }

  close() {
    this.isOver = true;
    this.clear();
  }

  async decode() {
    this.isDecoding = true;
    while (this.next) {
      const frame = this.next;
      this.next = null;
      try {
        frame.bitmap = await createImageBitmap(frame.blob);
      } catch {
        if (!this.isOver) this.failed(frame);
        continue;
      }
      if (this.isOver) frame.bitmap.close();
      else this.put(frame);
    }
    this.isDecoding = false;
  }

  put(frame) {
    if (this.ready) {
      this.ready.bitmap.close();
      this.overtaken++;
    } else {
      requestAnimationFrame(() => this.draw());
    }
    this.ready = frame;
  }

  draw() {
    const frame = this.ready;
    if (!frame) return;
    this.ready = null;
    const { bitmap } = frame;
    frame.width = bitmap.width;
    frame.height = bitmap.height;
    if (this.canvas.width !== frame.width || this.canvas.height !== frame.height) {
      this.canvas.width = frame.width;
      this.canvas.height = frame.height;
      this.context.globalCompositeOperation = 'copy';
    }
    this.context.drawImage(bitmap, 0, 0);
    bitmap.close();
    delete frame.bitmap;
    this.shown(frame);
  }
}
