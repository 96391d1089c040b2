// One channel.

let condition = { state: 'none', badge: '', text: '' };

function decide() {
  const channel = known.get(place);
  condition = stateOf({
    name: place, isThere: relayIsThere, refusal, awaySince, isListed, isKnown: known.has(place), isGone: gone.has(place),
    endedAt: gone.get(place) ?? null, channel, lastByteAt: channel?.lastByteAt, features, 
    problem: player.problem || pictures.problem, isShown: player.isShown || pictures.isShown,
  });
  const notice = element('notice');
  if (notice.textContent !== condition.text) notice.textContent = condition.text;
  notice.hidden = condition.text === '';
  notice.classList.toggle('bad', condition.isBad === true);
  element('retry').hidden = condition.state !== 'problem' || pictures.name !== null;
  const badge = element('badge');
  badge.hidden = place === null || condition.badge === '';
  badge.textContent = condition.badge;
  badge.classList.toggle('live', condition.badge === 'live');
  badge.classList.toggle('bad', condition.isBad === true);
  if (condition.state !== 'live') element('delay').textContent = '';
}

function showChannel() {
  const channel = known.get(place);
  const kind = kindOf(channel);
  const isMedia = kind === 'video' || kind === 'sound';
  if (isMedia && features.mp4) player.play(place);
  else if (kind !== null && player.name !== null) player.stop();
  if (kind === 'pictures' && features.frames) pictures.start(place);
  else if (kind !== null) pictures.stop();
  if (kind === 'text') reading.start(place, channel);
  decide();
  const isOver = ['ended', 'away', 'missing', 'none'].includes(condition.state);
  showStage(channel, kind, isOver);
  showCapture();
  if (isOver) {
    // What was said of it holds no more; what it said stays. A relay that is away may have it still.
    for (const id of ['facts', 'glossary', 'figures', 'elsewhere', 'other', 'sound']) element(id).hidden = true;
    if (condition.state === 'missing') element('text').hidden = true;
    return;
  }
  element('text').hidden = kind !== 'text';
  element('sound').hidden = !(isMedia && features.mp4 && channel.audio && element('video').muted && condition.state === 'live');
  showOther(channel, kind);
  showFacts(channel, kind);
  element('glossary').hidden = element('facts').hidden = false;
  element('figures').hidden = !channel.history;
  if (channel.history) {
    graph(element('bitrates'), channel.history.bitrate, channel.history.interval, words.rate);
    graph(element('viewers'), channel.history.viewers, channel.history.interval, String);
  }
  const rows = kind === null ? [] : commands.elsewhere(place, kind, features);
  element('elsewhere').hidden = rows.length === 0 || kind === 'other';
  showRows(element('links'), rows);
}

// The player, as long as there is something in it. Its own signs (a wheel that turns) would say that something is about to come.
function showStage(channel, kind, isOver) {
  const stage = element('stage');
  const video = element('video');
  const hasPicture = video.readyState >= 2 && video.videoWidth > 0;
  element('canvas').hidden = pictures.name === null;
  video.hidden = pictures.name !== null;
  if (pictures.name !== null) stage.hidden = !pictures.isShown;
  else if (isOver) stage.hidden = !hasPicture;
  else stage.hidden = !((kind === 'video' || kind === 'sound') && features.mp4);
  const isStill = isOver || condition.state === 'silent';
  stage.classList.toggle('still', isStill);
  video.controls = !isStill && condition.state !== 'problem';
  if (kind) stage.classList.toggle('sound', kind === 'sound');
  shape();
}

// The picture has the room that it needs, upright or not; what is known before the first picture is a guess only.
function shape() {
  const video = element('video');
  const picture = known.get(place)?.video;
  const [width, height] = pictures.isShown ? [pictures.shown.width, pictures.shown.height]
    : video.videoWidth > 0 ? [video.videoWidth, video.videoHeight] : [picture?.width ?? 16, picture?.height ?? 9];
  if (height > 0) element('stage').style.setProperty('--ratio', String(width / height));
}

// What is shown can be saved.
function showCapture() {
  const button = element('capture');
  button.hidden = place === null || !(pictures.isShown || (player.isShown && element('video').videoWidth > 0));
  button.textContent = pictures.name === null ? 'Snapshot' : 'Capture';
}

function capture() {
  if (element('capture').hidden) return;
  if (pictures.name === null) saveSnapshot(element('video'), place);
  else pictures.capture();
}

// Bytes that the page cannot show.
function showOther(channel, kind) {
  element('other').hidden = kind !== 'other' || channel.keptBytes === 0;
  if (kind !== 'other') return;
  element('otherText').textContent = 'This channel carries bytes of the type ' + channel.contentType
    + ', which this page cannot show. The relay keeps ' + words.segments(channel.keptSegments) + ' of them, ' + words.bytes(channel.keptBytes) + '.';
  showRows(element('otherRows'), [
    { label: 'Write what comes to a file', text: 'read2pipe' + streamOption(place) + relayOption() + ' > channel.bin' },
    { label: 'Look at the segment that is being written, with curl', text: 'curl -sN ' + quoted(address(place, '-2')) + ' | xxd | head' },
  ]);
}

// What is known of it. Terms are explained where there is something to explain.
function showFacts(channel, kind) {
  const isMedia = kind === 'video' || kind === 'sound';
  const facts = {
    ...(pictures.isShown ? pictures.facts() : {}),
    ...(isMedia || kind === 'stream' ? { Picture: [channel.video?.codec, words.picture(channel), words.frameRate(channel.video?.frameRate)].filter(Boolean).join(', ') || (kind === 'sound' ? 'none' : '') } : {}),
    Sound: channel.audio?.codec ?? (kind === 'video' ? 'none' : ''),
    Type: isMedia ? '' : kind === 'stream' ? 'MPEG-TS' : channel.contentType,
    'Bit rate': condition.state === 'silent' ? '' : words.rate(channel.bitrate),
    Keyframes: channel.gop === null ? '' : 'every ' + words.seconds(channel.gop),
    Viewers: String(channel.viewers),
    Age: words.age(channel.age),
    'Last byte': channel.idle < 3 ? 'now' : words.age(channel.idle) + ' ago',
    'Slowest viewer': channel.lag === null ? '' : words.seconds(channel.lag) + ' behind',
    Segment: String(channel.next),
  };
  const entries = Object.entries(facts).filter(([, value]) => value);
  fill(element('facts'), entries, true);
  const explained = entries.map(([name]) => name).filter(name => meanings[name]);
  if ((isMedia && features.mp4) || pictures.isShown) explained.unshift('Delay');
  fill(element('meanings'), explained.map(name => [name, meanings[name]]), false);
}

// A list of terms and what they are, which changes only where something in it does.
function fill(list, entries, isHinted) {
  const names = JSON.stringify(entries.map(([name]) => name));
  if (list.dataset.of !== names) {
    list.dataset.of = names;
    list.replaceChildren(...entries.map(([name]) => {
      const box = document.createElement('div');
      const term = document.createElement('dt');
      const word = document.createElement(isHinted && meanings[name] ? 'abbr' : 'span');
      word.textContent = name;
      if (isHinted && meanings[name]) word.title = meanings[name];
      term.append(word);
      box.append(term, document.createElement('dd'));
      return box;
    }));
  }
  entries.forEach(([, value], index) => {
    const detail = list.children[index].lastChild;
    if (detail.textContent !== value) detail.textContent = value;
  });
}
