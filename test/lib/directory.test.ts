import { beforeAll, describe, expect, it } from "vitest";
import { onAws } from "./stages.ts";
import type { Template } from "./template.ts";

let aws: Template;
beforeAll(() => {
  aws = onAws();
});

describe("the directory", () => {
  it("takes every request but PUT without a log-in, and PUT from those whom IAM allows the path", () => {
    const functions = new Map(
      aws
        .ofType("AWS::ApiGatewayV2::Integration")
        .map(([name, { Properties }]) => [`integrations/${name}`, Properties]),
    );
    const routes = aws
      .ofType("AWS::ApiGatewayV2::Route")
      .map(([, { Properties: route }]) => [
        route["RouteKey"],
        route["AuthorizationType"],
        functions.get(String(route["Target"])),
      ]);
    const integration = (name: string) =>
      expect.objectContaining({ IntegrationUri: `${name}.Arn`, PayloadFormatVersion: "2.0" });
    expect(routes.toSorted()).toEqual([
      ["$default", "NONE", integration("DirectoryFunction")],
      ["PUT /{path+}", "AWS_IAM", integration("RegisterFunction")],
    ]);
  });

  it("is throttled, and logs what operating needs and nothing about people", () => {
    const { StageName, AutoDeploy, DefaultRouteSettings, AccessLogSettings } = aws.properties("GatewayStage");
    expect([StageName, AutoDeploy, DefaultRouteSettings]).toEqual([
      "$default",
      true,
      { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 },
    ]);
    const { DestinationArn, Format } = AccessLogSettings as { DestinationArn: string; Format: string };
    expect(DestinationArn).toBe("GatewayAccessLog.Arn");
    expect(aws.properties("GatewayAccessLog")["RetentionInDays"]).toBe(30);
    const { time, requestId, method, path, status, bytes, milliseconds, error, ...more } = JSON.parse(Format);
    expect([time, requestId, method, path, status, bytes, milliseconds, error]).not.toContain(undefined);
    expect(more).toEqual({});
    expect(Format).not.toMatch(/sourceIp|userAgent|identity|authorizer|querystring/i);
  });

  it("raises an alarm when an answer has outgrown the gateway", () => {
    expect(aws.properties("DirectoryTooLarge")).toMatchObject({
      LogGroupName: "DirectoryFunctionLog",
      FilterPattern: '"answer-too-large"',
    });
    expect(aws.properties("DirectoryTooLargeAlarm")).toMatchObject({
      Namespace: "hkdist",
      MetricName: "answer-too-large",
      Statistic: "Sum",
      Threshold: 1,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      TreatMissingData: "notBreaching",
    });
  });
});
