'use strict';
// What numbers and terms are called.

const words = {
  rate(bits) {
    if (bits === null) return '–';
    if (bits >= 1e6) return (bits / 1e6).toFixed(bits >= 1e7 ? 0 : 1) + ' Mbit/s';
    if (bits >= 1e3) return (bits / 1e3).toFixed(bits >= 1e4 ? 0 : 1) + ' kbit/s';
    return Math.round(bits) + ' bit/s';
  },
  bytes(count) {
    if (count >= 1e6) return (count / 1e6).toFixed(count >= 1e7 ? 0 : 1) + ' MB';
    if (count >= 1e3) return (count / 1e3).toFixed(count >= 1e4 ? 0 : 1) + ' kB';
    return count === 1 ? '1 byte' : count + ' bytes';
  },
  seconds: time => time === null ? '–' : time.toFixed(time < 10 ? 1 : 0) + ' s',
  age(time) {
    if (time < 90) return Math.floor(time) + ' s';
    if (time < 5400) return Math.floor(time / 60) + ' min';
    if (time < 172800) return (time / 3600).toFixed(1) + ' h';
    return Math.floor(time / 86400) + ' days';
  },
  delay: time => time < 1 ? Math.round(1000 * time) + ' ms' : time.toFixed(1) + ' s',
  // A time of day; of another day with its date.
  clock(seconds) {
    const time = new Date(1000 * seconds);
    const isToday = time.toDateString() === new Date().toDateString();
    return isToday ? time.toLocaleTimeString() : time.toLocaleString();
  },
  viewers: count => count === 1 ? '1 viewer' : count + ' viewers',
  segments: count => count === 1 ? '1 segment' : count + ' segments',
  picture: channel => channel.video?.width ? channel.video.width + '×' + channel.video.height : '',
  // Pictures a second; broadcasts have 29.97 and the like.
  frameRate: rate => rate == null ? '' : Number(rate.toFixed(2)) + ' pictures/s',
};

// The terms that a person need not know. They are explained where the pointer rests on them, and in a list for all others.
const meanings = {
  Delay: 'The time from a picture’s arrival at the relay to your screen. The camera, the encoder and the network before the relay come on top.',
  Dropped: 'Pictures that came while this page had no time for them. It shows the newest.',
  Picture: 'The codec (how pictures are packed), width × height in pixels, and how many pictures come in a second. It is what comes, not what the publisher announces.',
  Received: 'How many bits came to this page in a second, over the last three seconds.',
  Shown: 'How many pictures this page shows in a second, over the last three seconds.',
  Sound: 'The codec of the sound that comes.',
  'Bit rate': 'How many bits the publisher sent in a second, over the last five seconds.',
  Keyframes: 'A keyframe is a picture that needs no other one. A viewer begins with a keyframe: the closer they are together, the sooner a viewer sees something. From one keyframe to the next is a GOP (group of pictures).',
  'Slowest viewer': 'How far the slowest reader is behind what has come (its lag).',
  Segment: 'A channel is cut into numbered pieces. This is the number of the next one.',
};
