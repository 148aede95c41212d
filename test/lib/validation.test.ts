import { CfnBucket } from "aws-cdk-lib/aws-s3";
import recommended from "aws-cdk-lib/recommended-feature-flags.json" with { type: "json" };
import { expect, it } from "vitest";
import config from "../../hkdist.config.ts";
import { synthesize } from "./assembly.ts";
import { CONFIG } from "./stages.ts";
import { readContext } from "./template.ts";

it("CDK's own rules and annotations have nothing to say", () => {
  expect(synthesize(CONFIG).findings).toEqual([]);
});

it("for the repository's configuration, they say only that its example has no signers", () => {
  expect(synthesize(config).findings).toEqual([
    expect.stringMatching(/^hkdist\/Source-greet: greet: tags are not verified.* \(.*unverified-tags\)$/),
  ]);
});

it("CDK's own rules would say it", () => {
  const { findings } = synthesize(CONFIG, (stack) => {
    new CfnBucket(stack, "Wrong").addPropertyOverride("Nonsense", true);
  });
  expect(findings).toEqual([expect.stringMatching(/^hkdist\/Wrong: Nonsense: .* \(F3002\)$/)]);
});

it("every feature flag that CDK recommends is decided in cdk.json, so an update of CDK decides none", () => {
  const decided = readContext();
  expect(Object.keys(recommended).filter((flag) => !(flag in decided))).toEqual([]);
});
