/** Tells a person what goes on: one line per step with its time, and lines of detail below it. */
export class Steps {
  private readonly terminal = process.stdout.isTTY === true && process.env["CI"] !== "true";
  private readonly begun = Date.now();
  private handedOver = false;
  /** The step that is running, for the message when it fails. */
  current = "";

  /** Runs a step; `details` of it are printed with `say`. */
  async run<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    this.current = name;
    const started = Date.now();
    console.log(`\n${this.bold(name)}`);
    const ticking = this.terminal ? setInterval(() => this.tick(started), 1000) : undefined;
    try {
      const result = await work();
      this.say(`done in ${seconds(Date.now() - started)}`);
      return result;
    } finally {
      clearInterval(ticking);
      this.clear();
    }
  }

  /** Leaves the terminal to work that writes to it itself. */
  async handOver<Result>(work: () => Promise<Result>): Promise<Result> {
    this.clear();
    this.handedOver = true;
    try {
      return await work();
    } finally {
      this.handedOver = false;
    }
  }

  say(line: string): void {
    this.clear();
    console.log(line.replaceAll(/^/gm, "  "));
  }

  /** A command as the user would type it. */
  show(command: string): void {
    this.say(this.bold(`$ ${command}`));
  }

  /** Time since the start. */
  total(): string {
    return seconds(Date.now() - this.begun);
  }

  private tick(started: number): void {
    if (this.handedOver) return;
    process.stdout.write(`\r  ... ${seconds(Date.now() - started)}`);
  }

  private clear(): void {
    if (this.terminal) process.stdout.write("\r\x1b[2K");
  }

  private bold(text: string): string {
    return this.terminal && !process.env["NO_COLOR"] ? `\x1b[1m${text}\x1b[0m` : text;
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
