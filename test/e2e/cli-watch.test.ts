import { beforeAll, expect, test } from "vitest";
import { Outcome } from "../../cli/shapes.ts";
import { followRelease } from "../../local/release.ts";
import {
  begin,
  Child,
  CLOCK,
  CODES,
  ensureReleased,
  FLAGS,
  HERE,
  heldRelease,
  hkdist,
  hkdistJson,
  holdNextRelease,
  NOTHING_TO_DO,
  OPERATED,
  RELEASED,
  withoutCodes,
} from "./cli.ts";
import { local } from "./setting.ts";

const cmd = OPERATED;
const STOPPED = "Stopped watching. The release goes on.";

beforeAll(() => ensureReleased());

test("interrupted, it says that the release goes on, and it does", async () => {
  const { untilHeld, letGo } = holdNextRelease();
  const begun = begin(...NOTHING_TO_DO);
  await untilHeld();
  await begun.interrupt();
  const { exit, out } = await begun.ended;
  const [name = ""] = out.replaceAll(CLOCK, "").split("\n");
  expect([exit, out]).toEqual([
    130,
    expect.stringContaining(`\n${STOPPED}\nnext:  npx hkdist watch ${name}${FLAGS}\n`),
  ]);
  letGo();
  const arn = `${local.releaseMachineArn.replace(":stateMachine:", ":execution:")}:${name}`;
  expect(await followRelease(local, arn)).toMatchObject({ status: "SUCCEEDED" });
});

test("whoever comes back says it by name, by ARN, by command, or not at all", async () => {
  const { name, arn, letGo } = await heldRelease();
  const running = begin("watch");
  await letGo();
  const ended = await running.ended;
  expect([ended.exit, ended.out.replaceAll(CLOCK, "")]).toEqual([0, expect.stringContaining(name)]);
  for (const named of [name, arn, cmd]) {
    const { exit, json } = await hkdistJson(Outcome, "watch", named);
    expect([exit, json]).toEqual([0, expect.objectContaining({ status: "succeeded", version: RELEASED })]);
    expect(json.execution.name).toBe(name);
  }
});

test("Ctrl-C ends a watch, and not what is watched", async () => {
  const { name, letGo } = await heldRelease();
  const child = Child.piped(["watch", ...HERE]);
  await child.until("pair running");
  child.interrupt();
  const { exit, out, err } = await child.ended;
  expect([exit, err]).toEqual([130, ""]);
  expect(out.endsWith(`\n${STOPPED}\nnext:  npx hkdist watch ${name}${FLAGS}\n`)).toBe(true);
  expect(await letGo()).toMatchObject({ status: "SUCCEEDED" });
});

test("Ctrl-C at a watch as JSON leaves a whole object that says that it is running", async () => {
  const { letGo } = await heldRelease();
  const begun = begin("watch", cmd, "--json");
  await begun.interrupt();
  const { exit, out } = await begun.ended;
  expect([exit, Outcome.parse(JSON.parse(out))]).toMatchObject([
    130,
    { status: "running", endedAt: null, current: null, error: null },
  ]);
  expect(await letGo()).toMatchObject({ status: "SUCCEEDED" });
});

test("a terminal shows a picture that goes on, and stays when somebody presses Ctrl-C", async () => {
  const { name, letGo } = await heldRelease();
  const terminal = Child.inTerminal(["watch", cmd, ...HERE]);
  await terminal.until("waits for what was stored");
  terminal.type("\x03");
  const { exit, out } = await terminal.ended;
  expect([exit, out]).toEqual([130, expect.stringMatching(CODES)]);
  const lines = withoutCodes(out).split("\r\n");
  expect(lines).toContainEqual(
    expect.stringMatching(`Release of ${cmd} ${RELEASED}: running, [\\d.]+ s  ${name}$`),
  );
  expect(lines.slice(-3)).toEqual([STOPPED, `next:  npx hkdist watch ${name}${FLAGS}`, ""]);
  expect(await letGo()).toMatchObject({ status: "SUCCEEDED" });
});

test("a terminal shows the whole of what has ended, without colours when they are not wanted", async () => {
  await hkdist(...NOTHING_TO_DO);
  const { exit, out } = await Child.inTerminal(["watch", cmd, ...HERE], { NO_COLOR: "1" }).ended;
  expect([exit, out]).toEqual([0, expect.not.stringMatching(CODES)]);
  const lines = withoutCodes(out).split("\r\n");
  const steps = ["request", "source", "plan", "build", "pair", "describe", "patch", "publish"];
  const isStep = (line: string) => steps.includes(line.slice(2).split(" ")[0] ?? "");
  // What was drawn over is in what the terminal got, too.
  const shown = lines.filter(isStep).slice(-steps.length);
  expect(shown.map((line) => line.slice(2).split(" ")[0])).toEqual(steps);
});

test.each([
  ["a CI's terminal", { CI: "true" }, undefined],
  ["a terminal that does not know its size", {}, "rows 0 cols 0"],
])("%s gets lines", async (_, env, size) => {
  const expected = await hkdist("watch", cmd);
  const { exit, out } = await Child.inTerminal(["watch", cmd, ...HERE], env, size).ended;
  const told = out.replaceAll("\r\n", "\n").replaceAll(CLOCK, "");
  expect([exit, withoutCodes(told)]).toEqual([expected.exit, expected.out.replaceAll(CLOCK, "")]);
});

test.each([
  ["an execution", ["watch", `${cmd}-20200101T000000Z-0000`]],
  ["an ARN", ["watch", `${local.releaseMachineArn.replace(":stateMachine:", ":execution:")}:nobody`]],
  ["what is no ARN", ["watch", "arn:nonsense"]],
  ["a version", ["show", cmd, "20200101"]],
  ["what is no version", ["show", cmd, "latest"]],
  ["a command of a version", ["show", "nope", RELEASED]],
  ["a command's versions", ["releases", "nope"]],
  ["a command's state", ["status", "nope"]],
  ["a command's past", ["history", "nope"]],
  ["a stack", ["status", "--stack", "nope"]],
])("%s that is not there is not found, and the next step is said", async (_, args) => {
  const { exit, out, err } = await hkdist(...args);
  expect([exit, out]).toEqual([3, ""]);
  expect(err).toMatch(/^error: (There is no|greet-operated \S+ is not recorded).*\nnext: {2}/s);
});
