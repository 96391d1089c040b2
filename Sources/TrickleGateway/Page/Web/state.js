// What a channel is, and what is said of it: decided from what is known alone.

// 'video', 'sound', 'pictures', 'text'; 'stream': MPEG-TS of which nothing can be shown yet; 'other'; null: not known yet.
function kindOf(channel) {
  if (!channel) return null;
  if (channel.video) return 'video';
  if (channel.audio) return 'sound';
  if (isPicture(channel.contentType)) return 'pictures';
  if (/^(text\/|application\/(.*\+)?json)/i.test(channel.contentType)) return 'text';
  const isSaid = /^video\/mp2t\b/i.test(channel.contentType);
  if (channel.transportStream === true || (isSaid && channel.transportStream !== false)) return 'stream';
  if (channel.transportStream === false) return 'other';
  return null;
}

// A drawing (SVG) is a document: it is not shown.
const isPicture = type => /^image\/(?!svg)/i.test(type);

// Media come all the time: this long without a byte, in seconds, and something is wrong.
const silence = 5;

// state: what there is; badge: in one word; text: what happened, and what becomes of it; isBad: whether somebody has to do something.
function stateOf({ name, isThere, refusal, awaySince, isListed, isKnown, isGone, endedAt, channel, lastByteAt, features, problem, isShown }) {
  if (refusal) {
    return { state: 'refused', badge: 'not let in', isBad: true,
      text: refusal === 401
        ? 'This relay wants to know who you are. Load the page again and give a user and a password, or put ?token=… behind its address.'
        : 'This relay does not tell you which channels there are. Ask whoever runs it, or watch a channel that you may read in a player.' };
  }
  if (!isThere) {
    return { state: 'away', badge: 'no relay', isBad: true,
      text: 'The relay has not answered since ' + words.clock(awaySince) + '. This page goes on by itself when it is back.' };
  }
  if (name === null || !isListed) return { state: 'none', badge: '', text: '' };
  if (!isKnown && isGone) {
    return { state: 'ended', badge: 'ended',
      text: '“' + name + '” has ended' + (endedAt === null ? '' : ' at ' + words.clock(endedAt)) + '. If it begins again, it goes on here.' };
  }
  if (!isKnown) {
    return { state: 'missing', badge: 'not there',
      text: 'There is no channel “' + name + '”. When it begins, it is shown here.' };
  }
  const kind = kindOf(channel);
  if (!channel) return { state: 'none', badge: '', text: '' };
  const isMedia = kind === 'video' || kind === 'sound';
  if ((isMedia || kind === 'stream') && channel.idle >= silence) {
    return { state: 'silent', badge: 'silent', isBad: true,
      text: 'Nothing has come since ' + words.clock(lastByteAt) + '. The publisher may have stopped. When it goes on, this page goes on.' };
  }
  if (problem) return { state: 'problem', badge: 'cannot play', isBad: true, text: problem + ' The addresses below are for players.' };
  if (isMedia && !features.mp4) {
    return { state: 'unplayed', badge: 'live', text: 'This relay makes no MP4 for browsers. The addresses below are for players.' };
  }
  if (kind === 'pictures' && !features.frames) {
    return { state: 'unplayed', badge: 'live', text: 'This relay sends no pictures to web pages (--no-frames). The addresses below are for programs.' };
  }
  if (kind === 'pictures' && !isShown && channel.keptBytes > 0) return { state: 'starting', badge: 'starting', text: '' };
  if (isMedia && !isShown) return { state: 'starting', badge: 'starting', text: '' };
  if (kind === 'stream') {
    return { state: 'starting', badge: 'waiting', text: 'The stream has brought neither pictures nor sound yet.' };
  }
  if (kind === null || ((kind === 'other' || (kind === 'pictures' && !isShown)) && channel.keptBytes === 0)) {
    return { state: 'starting', badge: 'waiting', text: channel.keptBytes === 0 ? 'The channel is there. Nothing has come yet.' : '' };
  }
  return { state: 'live', badge: 'live', text: '' };
}
