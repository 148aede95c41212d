import { createLogUpdate } from "log-update";
import type { Facts } from "../execution/facts.ts";
import { type Progress, progressOf } from "../execution/progress.ts";
import { canDraw, type Io } from "../io.ts";
import { tellChanges } from "./changes.ts";
import { paintFor } from "./paint.ts";
import { renderProgress } from "./progress.ts";

/** Shows an execution while it goes on. */
export interface Screen {
  show(facts: Facts): void;
  /** The last picture stays. */
  end(): void;
}

/** A picture that is drawn over on a terminal; lines that only get more elsewhere; nothing when a program reads. */
export function screenFor(io: Io, json: boolean): Screen {
  if (json) return { show() {}, end() {} };
  return canDraw(io) ? new LiveScreen(io) : new LineScreen(io);
}

/** Milliseconds: the clocks in the picture go on between two looks. */
const TICK = 250;
/** What a terminal has when it does not tell. */
const USUAL = { columns: 80, rows: 24 };

class LiveScreen implements Screen {
  private readonly io: Io;
  private readonly draw: ReturnType<typeof createLogUpdate>;
  private readonly timer: NodeJS.Timeout;
  private facts: Facts | undefined;

  constructor(io: Io) {
    this.io = io;
    this.draw = createLogUpdate(io.stdout);
    this.timer = setInterval(() => this.redraw(), TICK);
  }

  show(facts: Facts): void {
    this.facts = facts;
    this.redraw();
  }

  end(): void {
    clearInterval(this.timer);
    // What stays is the whole picture, however high.
    this.draw.clear();
    this.draw.done();
    if (this.facts !== undefined) this.io.stdout.write(`${this.picture(Number.POSITIVE_INFINITY)}\n`);
  }

  private redraw(): void {
    if (this.facts === undefined) return;
    // The last row stays free for the cursor.
    this.draw(this.picture((this.io.stdout.rows || USUAL.rows) - 1));
  }

  private picture(rows: number): string {
    if (this.facts === undefined) return "";
    const now = new Date();
    const canvas = {
      columns: this.io.stdout.columns || USUAL.columns,
      rows,
      paint: paintFor(true, this.io.env),
    };
    return renderProgress(progressOf(this.facts, now), canvas, now).join("\n");
  }
}

class LineScreen implements Screen {
  private readonly io: Io;
  private before: Progress | undefined;

  constructor(io: Io) {
    this.io = io;
  }

  show(facts: Facts): void {
    const now = new Date();
    const progress = progressOf(facts, now);
    const time = now.toISOString().slice(11, 19);
    if (this.before === undefined && progress.status !== "running") {
      // Nothing is going on: what took place then is no news of now.
      const canvas = {
        columns: USUAL.columns * 2,
        rows: Number.POSITIVE_INFINITY,
        paint: paintFor(false, this.io.env),
      };
      this.io.stdout.write(`${renderProgress(progress, canvas, now).join("\n")}\n`);
      return;
    }
    // Whoever reads a log may want to come back to it.
    if (this.before === undefined) this.io.stdout.write(`${time} ${progress.name}\n`);
    for (const line of tellChanges(this.before, progress)) this.io.stdout.write(`${time} ${line}\n`);
    this.before = progress;
  }

  end(): void {}
}
