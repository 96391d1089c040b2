// Commands and addresses that can be copied.

// A word as a shell takes it. Names come from strangers: what is not plain is quoted.
function quoted(word) {
  return /^[A-Za-z0-9_.,:\/@%+][A-Za-z0-9_.,:\/@%+=-]*$/.test(word) ? word : "'" + word.replaceAll("'", "'\\''") + "'";
}

// An address of the relay's, for programs.
const address = (...parts) => location.origin + at(...parts);
// As the tools want it; nothing where they look by themselves.
const relayOption = () => {
  const url = location.origin + base.replace(/\/$/, '');
  return url === 'http://localhost:2939' ? '' : ' --url ' + quoted(url);
};
const streamOption = name => ' --stream' + (name.startsWith('-') ? '=' : ' ') + quoted(name);

const commands = {
  publishing(name) {
    const options = streamOption(name) + relayOption();
    return [
      { label: 'A file, again and again', text: 'publish-file clip.mp4 --loop' + options },
      { label: 'A test picture', text: 'publish-file lavfi:testsrc2' + options },
      { label: 'A camera', text: 'publish-file rtsp://camera/stream --retry' + options },
      { label: 'Lines of text, as you type them', text: 'publish-pipe' + options },
      { label: 'From the folder that the relay was built in', text: 'make publisher-ffmpeg in=clip.mp4 stream=' + quoted(name) + ' args=--loop' + this.makeOption() },
    ];
  },
  makeOption: () => relayOption().replace(' --url ', ' url='),

  // Where else a channel can be had.
  elsewhere(name, kind, features) {
    const isMedia = kind === 'video' || kind === 'sound';
    const rows = [];
    if ((isMedia || kind === 'stream') && features.ts) rows.push({ label: 'MPEG-TS, for players: it does not end before the channel does', text: address(name) + '.ts' });
    if (isMedia && features.hls) rows.push({ label: 'HLS, for players, phones and browsers', text: address(name, 'index.m3u8') });
    if (isMedia && features.mp4) rows.push({ label: 'MP4, for a <video> of your own', text: address(name, 'live.mp4') });
    if (kind === 'video' && features.thumbnails) rows.push({ label: 'The newest keyframe', text: address(name, 'thumbnail.jpg'), isOpened: true });
    if (kind === 'pictures' && features.frames) rows.push({ label: 'WebSocket messages, for a page of your own', text: address(name, 'ws').replace(/^http/, 'ws') });
    if (isMedia) rows.push({ label: 'With the tools', text: 'play' + streamOption(name) + relayOption() });
    else rows.push({ label: 'With the tools', text: 'read2pipe' + streamOption(name) + relayOption() });
    if (kind === 'text') rows.push({ label: 'With curl: the segment that is being written', text: 'curl -N ' + quoted(address(name, '-2')) });
    return rows;
  },
};

// Rows of what can be copied. They stay as they are while nothing in them changes: somebody may be marking one.
function showRows(box, rows) {
  const state = JSON.stringify(rows);
  if (box.dataset.of === state) return;
  box.dataset.of = state;
  box.replaceChildren(...rows.map(({ label, text, isOpened }) => {
    const row = document.createElement('div');
    row.className = 'row';
    const title = document.createElement('span');
    title.className = 'quiet';
    title.textContent = label;
    const code = document.createElement('code');
    code.textContent = text;
    let hand;
    if (isOpened) {
      hand = document.createElement('a');
      hand.href = text;
      hand.textContent = 'Open';
    } else {
      hand = document.createElement('button');
      hand.type = 'button';
      hand.textContent = 'Copy';
      hand.setAttribute('aria-label', 'Copy: ' + label);
      hand.addEventListener('click', () => copy(code, hand));
    }
    row.append(title, code, hand);
    return row;
  }));
}

// The text stays marked. The old way first: pages that came by plain HTTP from another machine have no other one.
async function copy(code, button) {
  getSelection().selectAllChildren(code);
  let isCopied = document.execCommand('copy');
  if (!isCopied) {
    try {
      await navigator.clipboard.writeText(code.textContent);
      isCopied = true;
    } catch { /* it is marked: the keyboard copies it */ }
  }
  button.textContent = isCopied ? 'Copied' : 'Marked';
  setTimeout(() => { button.textContent = 'Copy'; }, 2000);
}
