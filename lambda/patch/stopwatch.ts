/** How long the parts of a call took, for its log line and for benchmarks. */
export class Stopwatch {
  /** Milliseconds of each part, in the order in which they were begun; of all times that it was done. */
  readonly milliseconds: Record<string, number> = {};

  async time<Result>(part: string, work: () => Promise<Result>): Promise<Result> {
    const started = performance.now();
    this.milliseconds[part] ??= 0;
    try {
      return await work();
    } finally {
      this.milliseconds[part] += Math.round(performance.now() - started);
    }
  }
}
