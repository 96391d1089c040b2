// Files that the page makes, and what is in them.

function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  // Names come from strangers.
  link.download = name.replace(/[^\p{L}\p{N}._-]+/gu, '_').replace(/^\.+/, '_');
  link.click();
  // What is being saved needs its address a little longer.
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// What kind of picture it is, by how it begins; empty for none that is known.
async function pictureType(blob) {
  const text = String.fromCharCode(...new Uint8Array(await blob.slice(0, 12).arrayBuffer()));
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (text.startsWith('\x89PNG')) return 'image/png';
  if (text.startsWith('GIF8')) return 'image/gif';
  if (text.startsWith('RIFF') && text.endsWith('WEBP')) return 'image/webp';
  if (/^....ftypavi[fs]/s.test(text)) return 'image/avif';
  return '';
}

const extensionOf = type => type === '' ? 'bin' : type === 'image/jpeg' ? 'jpg' : type.slice('image/'.length);

// What a video shows, in the video's own size.
function saveSnapshot(video, name) {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d').drawImage(video, 0, 0);
  const time = new Date().toISOString().replace(/[:.]/g, '-').replace('T', '-').replace('Z', '');
  canvas.toBlob(blob => blob && save(blob, name + '-' + time + '.png'), 'image/png');
}
