// A curve of the last minutes; null where nothing is known.
function graph(figure, values, interval, word) {
  const size = 300;       // what fits: five minutes of seconds
  const shown = values.slice(-size);
  const most = Math.max(...shown.map(value => value ?? 0), 1);
  const point = (value, index) => (size - shown.length + index) + ' ' + (38 - 36 * value / most).toFixed(2);
  let curve = '';
  let areas = '';
  let run = [];
  const close = () => {
    if (run.length > 1) {
      curve += 'M' + run.join('L');
      areas += 'M' + run[0].split(' ')[0] + ' 40L' + run.join('L') + 'L' + run.at(-1).split(' ')[0] + ' 40z';
    }
    run = [];
  };
  shown.forEach((value, index) => { if (value === null) close(); else run.push(point(value, index)); });
  close();
  let drawing = figure.querySelector('svg');
  if (!drawing) {
    const name = 'http://www.w3.org/2000/svg';
    drawing = document.createElementNS(name, 'svg');
    drawing.setAttribute('viewBox', '0 0 ' + (size - 1) + ' 40');
    drawing.setAttribute('preserveAspectRatio', 'none');
    drawing.setAttribute('role', 'img');
    for (const kind of ['area', 'curve', 'grid']) {
      const path = document.createElementNS(name, 'path');
      path.setAttribute('class', kind);
      drawing.append(path);
    }
    drawing.lastChild.setAttribute('d', 'M0 2H299M0 40H299');
    figure.append(drawing);
  }
  drawing.children[0].setAttribute('d', areas);
  drawing.children[1].setAttribute('d', curve);
  const last = shown.at(-1);
  const text = 'at most ' + word(most) + ' in the last ' + words.age(Math.max(shown.length - 1, 0) * interval);
  figure.querySelector('.quiet').textContent = text;
  drawing.setAttribute('aria-label', text + (last == null ? '' : ', now ' + word(last)));
}

