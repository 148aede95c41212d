import { beforeAll, expect, test } from "vitest";
import { FIXED } from "../../cost/fixed.ts";
import { STATES_PER_RELEASE } from "../../cost/usage.ts";
import { METRICS } from "../../lambda/patch/metrics.ts";
import { machineOf, onAws } from "./stages.ts";
import type { State, Template } from "./template.ts";

let aws: Template;
beforeAll(() => {
  aws = onAws();
});

test("the bill counts what alarms, metrics, dashboards and polled queues there are", () => {
  const ofType = (type: string) => aws.ofType(`AWS::${type}`).map(([, { Properties }]) => Properties);
  const metricsOf = ({ Metrics }: { Metrics?: { MetricStat?: unknown }[] }) =>
    Metrics?.filter(({ MetricStat }) => MetricStat !== undefined).length ?? 1;
  const polled = ofType("Lambda::EventSourceMapping");
  expect(FIXED).toMatchObject({
    alarmMetrics: ofType("CloudWatch::Alarm").reduce((sum, alarm) => sum + metricsOf(alarm), 0),
    metricsOfRelease: Object.keys(METRICS).length,
    dashboards: ofType("CloudWatch::Dashboard").length,
    polledQueues: polled.length,
  });
});

test("the bill counts the states of a release that goes well", () => {
  const { machine, states } = machineOf(aws, "ReleaseMachine");
  const next = ({ Next, Default, Choices = [] }: State, name: string) =>
    // Nothing is recorded yet, and it is to be published.
    name === "IsRecorded" ? Default : name === "IsToBePublished" ? Choices[0]?.Next : Next;
  let count = 0;
  for (let at: string | undefined = machine.StartAt; at !== undefined; at = next(states[at] as State, at)) {
    count += 1;
    // A build is a state inside its Map; patches are counted by their number.
    if (at === "Build") count += 1;
  }
  expect(count).toBe(STATES_PER_RELEASE);
});
