import { beforeAll, describe, expect, it } from "vitest";
import { onAws } from "./stages.ts";
import type { Template } from "./template.ts";

let aws: Template;
beforeAll(() => {
  aws = onAws();
});

describe("the directory", () => {
  it("gets every request of its HTTP API, without a log-in", () => {
    const routes = aws.ofType("AWS::ApiGatewayV2::Route").map(([, { Properties }]) => Properties);
    expect(routes).toEqual([expect.objectContaining({ RouteKey: "$default", AuthorizationType: "NONE" })]);
    expect(aws.ofType("AWS::ApiGatewayV2::Integration").map(([, { Properties }]) => Properties)).toEqual([
      expect.objectContaining({ IntegrationUri: "DirectoryFunction.Arn", PayloadFormatVersion: "2.0" }),
    ]);
  });
});
