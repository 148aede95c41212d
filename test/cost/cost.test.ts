import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { billOf } from "../../cost/bill.ts";
import { GB, type Meter, PRICES, priceOf } from "../../cost/prices.ts";
import { CASES, DEFAULTS, IDLE } from "../../cost/shape.ts";
import { type Usage, usageOf } from "../../cost/usage.ts";
import { root } from "../../tools/checkout.ts";

async function run(...args: string[]) {
  const tool = [join(root, "bin", "run.mjs"), join(root, "cost", "main.ts"), ...args];
  return promisify(execFile)(process.execPath, tool).then(
    ({ stdout }) => ({ status: 0, said: stdout }),
    ({ code, stderr }) => ({ status: code as number, said: stderr as string }),
  );
}

test.each<[Meter, number, number]>([
  ["cdnGigabytes", 0, 0],
  ["cdnGigabytes", 100, 8.5],
  // 10,240 x 0.085 + 2,048 x 0.08
  ["cdnGigabytes", 12 * 1024, 1034.24],
  ["apiRequests", 1e6, 1],
  // 300 + 100 x 0.9
  ["apiRequests", 400e6, 390],
  ["transitions", 4000, 0.1],
  ["buildMinutes", 100, 0.5],
  ["s3Gets", 1e6, 0.4],
])("%s: %d cost $%d", (meter, units, usd) => {
  expect(priceOf(meter, units)).toBeCloseTo(usd, 10);
});

test("free units are taken off, and never more than there are", () => {
  const nothing = Object.fromEntries(Object.keys(PRICES).map((meter) => [meter, 0])) as Usage;
  const { services, total } = billOf({
    ...nothing,
    cdnGigabytes: 1224,
    buildMinutes: 99,
    apiRequests: 2e6,
  });
  expect(services["CloudFront"]?.list).toBeCloseTo(104.04, 10);
  expect(services["CloudFront"]?.afterFree).toBeCloseTo(17, 10);
  expect(services["CodeBuild"]).toEqual({ list: 0.495, afterFree: 0 });
  expect(services["API Gateway"]?.afterFree).toBeCloseTo(2, 10);
  expect(total.list).toBeCloseTo(104.04 + 0.495 + 2, 10);
});

/** The small case by hand: 2 releases of 3 platforms with 8 bases are 24 patches and 27 files each; 24 releases are kept. */
const SMALL: [Meter, number][] = [
  ["apiRequests", (1000 * 365) / 12],
  ["tableReads", (1000 * 365) / 12 / 2 + 2 * (200 + 4 * 27) + (365 / 12) * 85],
  // 2,000 updates: 1,800 patches of 315,000 bytes and 200 gzips of 2,200,000.
  ["cdnGigabytes", (1800 * 315_000 + 200 * 2_200_000) / GB],
  ["cdnRequests", 2200],
  ["transitions", 2 * (12 + 3 + 48)],
  // A minute for the source build, one for each start, and 51 s of compiling.
  ["buildMinutes", 2 * (1 + 1 + 2)],
  ["tableWrites", 2 * (27 + 7)],
  // Binaries and bills of materials, patches; six archives; assets.
  ["s3Gigabytes", (24 * (3 * 2_220_000 + 24 * 315_000) + 6 * 20e6 + 50e6) / GB],
  ["queueRequests", 5 * 3 * 60 * 24 * (365 / 12) + 2 * 3 * 3],
];

test.each(SMALL)("the small case uses %s: %d", (meter, units) => {
  expect(usageOf(CASES["small"] ?? IDLE)[meter]).toBeCloseTo(units, 6);
});

describe("what is added costs", () => {
  const base = CASES["middle"] ?? IDLE;
  const cost = (change: object) => billOf(usageOf({ ...base, ...change })).total.list;
  test.each([
    { users: 20_000 },
    { releasesPerMonth: 9 },
    { platforms: 13 },
    { sizeMb: 11 },
    { commands: 2 },
    { bases: 9 },
    { checksPerDay: 2 },
    { monthsKept: 13 },
    { patchShare: 0.8 },
  ])("%o", (change) => {
    expect(cost(change)).toBeGreaterThan(cost({}));
  });

  test("and idle is near zero", () => {
    const { total } = billOf(usageOf(IDLE));
    expect(total.list).toBeLessThan(5);
    expect(total.afterFree).toBeLessThan(0.05);
  });
});

test("a domain leads the checks through CloudFront, and large binaries have no patches", () => {
  const middle = usageOf(CASES["middle"] ?? IDLE);
  const own = usageOf({ ...(CASES["middle"] ?? IDLE), domain: 1 });
  expect(own.cdnRequests - middle.cdnRequests).toBeCloseTo(middle.apiRequests, 6);
  expect([own.apiRequests, own.apiGigabytes]).toEqual([middle.apiRequests, 0]);

  const sized = (sizeMb: number) => usageOf({ ...(CASES["middle"] ?? IDLE), sizeMb });
  const each = ({ cdnGigabytes }: Usage, sizeMb: number) => cdnGigabytes / sizeMb;
  expect(each(sized(170), 170)).toBeCloseTo(each(sized(10), 10), 10);
  // Every update in full: 80,000 of 0.44 of the size.
  expect(sized(400).cdnGigabytes).toBeCloseTo((80_000 * 0.44 * 400e6) / GB, 0);
});

describe("the command", () => {
  test("prints what README.md and docs/cost.md quote", async () => {
    const { status, said } = await run("--cases");
    expect(status).toBe(0);
    for (const file of ["README.md", "docs/cost.md"]) {
      expect(readFileSync(join(root, file), "utf8")).toContain(said);
    }
  });

  test("prints the same as JSON", async () => {
    const asked = ["--users", "1000", "--releases-per-month", "2", "--platforms", "3", "--size-mb", "5"];
    const { said } = await run(...asked, "--json");
    const { shape, bill } = JSON.parse(said) as { shape: object; bill: object };
    expect(shape).toEqual({ ...DEFAULTS, users: 1000, releasesPerMonth: 2, platforms: 3, sizeMb: 5 });
    expect(bill).toEqual(billOf(usageOf(CASES["small"] ?? IDLE)));
  });

  test.each([
    [["--users", "1"], 1, /--releases-per-month is missing\n--platforms is missing\n--size-mb is missing/],
    [["--users", "-1"], 2, /^npm run cost/],
    [["--users", "1e3"], 1, /--users must be a whole number from 0 to 1000000000, not "1e3"/],
    [["--size-mb", "0"], 1, /--size-mb must be a number from 0.1 to 2000, not "0"/],
    [["--patch-share", "90"], 1, /--patch-share must be a number from 0 to 1/],
    [["--platforms", "1.5"], 1, /--platforms must be a whole number/],
    [["greet"], 2, /^npm run cost/],
  ])("%j ends with %d", async (args, status, said) => {
    expect(await run(...args)).toEqual({ status, said: expect.stringMatching(said) });
  });
});
