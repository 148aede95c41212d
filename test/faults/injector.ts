import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Act, doneCount, type Moment, type Order, placeOrder } from "./order.ts";
import { type BuildAct, writePrograms } from "./programs.ts";
import { FaultProxy } from "./proxy.ts";

/** A fault that waits for its moment, as the harness sees it. */
export interface Placed {
  /** How often it has happened. */
  hits(): number;
  /** Whether somebody stands still at it. */
  isHeld(): boolean;
  letGo(): void;
  /** The calls that were swallowed, oldest first. */
  swallowed(): unknown[];
}

/** Places faults in the functions and builds of one local AWS. */
export class Injector {
  /** A folder of programs, to come first in the local AWS's PATH. */
  readonly bin: string;
  private readonly orders: string;
  private readonly proxy: FaultProxy | undefined;
  private count = 0;

  /** @param folder is emptied */
  static async start(folder: string): Promise<Injector> {
    rmSync(folder, { recursive: true, force: true });
    const reached = join(folder, "orders", "half-uploaded");
    const proxy = new FaultProxy(reached);
    const injector = new Injector(folder, proxy);
    for (const one of [injector.bin, injector.orders]) mkdirSync(one, { recursive: true });
    writePrograms(injector.bin, injector.orders, await proxy.start(), reached);
    return injector;
  }

  /** One that another process has started, to place faults with. */
  static at(folder: string): Injector {
    return new Injector(folder, undefined);
  }

  private constructor(folder: string, proxy: FaultProxy | undefined) {
    this.bin = join(folder, "bin");
    this.orders = join(folder, "orders");
    this.proxy = proxy;
  }

  forwardTo(endpointUrl: string): void {
    this.proxy?.forwardTo(endpointUrl);
  }

  stop(): void {
    this.proxy?.stop();
  }

  /** @param skip so many such moments pass first; @param times and to so many it is done */
  inFunction(step: string, at: Moment, act: Act, { skip = 0, times = 1 } = {}): Placed {
    const order: Order = { id: this.nextId(), step, at, act, skip, times };
    placeOrder(this.orders, order);
    return this.placed(order.id);
  }

  /** @param call operation of `aws s3api` and key, with wildcards: `put-object *.gz` */
  inBuild(call: string, act: BuildAct, { skip = 0 } = {}): Placed {
    const id = this.nextId();
    writeFileSync(join(this.orders, `${id}.build`), `${call}\t${act}\t${skip}\n`);
    return this.placed(id);
  }

  /** Ends all faults; those who stand still go on. What has happened is still known. */
  heal(): void {
    this.remove(/\.(order|build|go)$/);
    for (const name of readdirSync(this.orders).filter((one) => one.endsWith(".held"))) {
      writeFileSync(join(this.orders, name.replace(/held$/, "go")), "");
    }
  }

  /** Ends and forgets all faults. */
  clear(): void {
    this.heal();
    this.remove(/\.held$|\.seen\.|\.done\.|\.event\.|^half-uploaded$/);
  }

  private remove(names: RegExp): void {
    for (const name of readdirSync(this.orders).filter((one) => names.test(one))) {
      rmSync(join(this.orders, name), { force: true });
    }
  }

  private nextId(): string {
    this.count++;
    return String(this.count).padStart(6, "0");
  }

  private placed(id: string): Placed {
    const file = (ending: string) => join(this.orders, `${id}.${ending}`);
    return {
      hits: () => doneCount(this.orders, id),
      isHeld: () => existsSync(file("held")),
      letGo: () => writeFileSync(file("go"), ""),
      swallowed: () =>
        readdirSync(this.orders)
          .filter((name) => name.startsWith(`${id}.event.`))
          .sort()
          .map((name) => JSON.parse(readFileSync(join(this.orders, name), "utf8")) as unknown),
    };
  }
}
