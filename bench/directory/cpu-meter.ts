/** Microseconds of CPU of this process, per request. */
export interface Cpu {
  requests: number;
  p50: number;
  p99: number;
}

/** Requests that are measured together: the clock of CPU time is coarser than one of them. */
const BATCH = 50;
/** Batches at the beginning that do not count: what is run often is compiled by then. */
const WARM_UP = 40;

/** Measures the CPU between ticks, one tick at the beginning of each request. */
export class CpuMeter {
  private ticks = 0;
  private before = process.cpuUsage();
  private readonly batches: number[] = [];

  tick(): void {
    if (this.ticks++ % BATCH !== 0) return;
    const { user, system } = process.cpuUsage(this.before);
    this.before = process.cpuUsage();
    this.batches.push((user + system) / BATCH);
  }

  result(): Cpu {
    const counted = this.batches.slice(1 + WARM_UP).sort((a, b) => a - b);
    const quantile = (part: number) => counted[Math.floor((counted.length - 1) * part)] ?? Number.NaN;
    return { requests: counted.length * BATCH, p50: quantile(0.5), p99: quantile(0.99) };
  }
}
