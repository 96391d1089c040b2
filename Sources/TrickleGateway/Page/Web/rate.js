// How much of something came in the last seconds.
class RecentRate {
  static span = 3;    // seconds

  constructor() {
    this.start = performance.now();
    this.entries = [];
  }

  add(amount) {
    this.entries.push({ amount, time: performance.now() });
    this.forget();
  }

  // In a second.
  get value() {
    this.forget();
    const seconds = Math.min(RecentRate.span, Math.max(1, (performance.now() - this.start) / 1000));
    return this.entries.reduce((sum, { amount }) => sum + amount, 0) / seconds;
  }

  forget() {
    const oldest = performance.now() - 1000 * RecentRate.span;
    while (this.entries.length > 0 && this.entries[0].time < oldest) this.entries.shift();
  }
}
