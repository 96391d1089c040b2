// Text channels: what the relay still has, and what is written, as it comes.
const reading = {
  name: null,
  control: null,
  // Pieces, and characters, that the page keeps.
  maximumPieces: 2000,
  maximumLength: 500000,
  length: 0,
  // Whether the end is looked at: it stays in sight then, also when the window changes.
  isAtEnd: true,

  stop() {
    this.control?.abort();
    this.control = this.name = null;
    this.length = 0;
    this.isAtEnd = true;
    element('text').textContent = '';
  },

  start(name, channel) {
    if (this.name === name) return;
    this.stop();
    this.name = name;
    this.control = new AbortController();
    const { signal } = this.control;
    const first = Math.max(0, channel.next - channel.keptSegments);
    this.run(name, first, signal).catch(() => {}).finally(() => { if (!signal.aborted) this.name = null; });
  },

  async run(name, first, signal) {
    let position = first;
    let missing = 0;
    let hasRead = false;
    while (!signal.aborted) {
      const answer = await ask(at(name, position), { signal });
      if (answer.status === 470) {
        // It has left the relay meanwhile. A few may have; if there are more, the page is too slow to catch them.
        const latest = Number(answer.headers.get('Lp-Trickle-Latest'));
        missing += 1;
        position = missing < 10 && position < latest ? position + 1 : -1;
        continue;
      }
      if (!answer.ok || answer.headers.get('Lp-Trickle-Closed')) return;
      if (missing > 0 && hasRead) this.write('\n… what came meanwhile is no longer there …\n');
      missing = 0;
      hasRead = true;
      const decoder = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part; !(part = await decoder.read()).done;) this.write(part.value);
      position = Number(answer.headers.get('Lp-Trickle-Seq')) + 1;
    }
  },

  write(text) {
    const box = element('text');
    box.append(text);
    this.length += text.length;
    while (box.childNodes.length > this.maximumPieces || (this.length > this.maximumLength && box.childNodes.length > 1)) {
      this.length -= box.firstChild.data.length;
      box.firstChild.remove();
    }
    this.keepEnd();
  },

  keepEnd() {
    const box = element('text');
    if (this.isAtEnd) box.scrollTop = box.scrollHeight;
  },

  // Only a person goes away from the end.
  hasScrolled() {
    const box = element('text');
    this.isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 8;
  },
};
