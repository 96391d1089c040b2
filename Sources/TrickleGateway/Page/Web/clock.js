// The relay's clock.
let clockOffset = 0;          // seconds that it is ahead of ours

// An answer was made before it came, and may be a little older than the question. So the one that comes soonest after it was made tells most.
const clock = {
  answers: [],

  // time: by the relay's clock, when the answer was made; asked, came: by ours. All are seconds since 1970.
  learn(time, asked, came) {
    this.answers.push({ ahead: time - came, way: (came - asked) / 2 });
    if (this.answers.length > 10) this.answers.shift();
    clockOffset = Math.max(...this.answers.map(({ ahead }) => ahead)) + Math.min(...this.answers.map(({ way }) => way));
  },
};
