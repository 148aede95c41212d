import { delimiter } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { clientEnvironment } from "../../local/local-aws.ts";
import { venvBin } from "../../local/paths.ts";

const local = { endpointUrl: "http://127.0.0.1:20000", region: "us-east-1" };
afterEach(() => vi.unstubAllEnvs());

it("leaves nothing of the caller's that leads elsewhere", () => {
  vi.stubEnv("AWS_PROFILE", "work");
  vi.stubEnv("AWS_ENDPOINT_URL_S3", "https://s3.example.com");
  vi.stubEnv("AWS_SESSION_TOKEN", "token");
  const environment = clientEnvironment(local);
  expect(environment).not.toHaveProperty("AWS_PROFILE");
  expect(environment).not.toHaveProperty("AWS_ENDPOINT_URL_S3");
  expect(environment).not.toHaveProperty("AWS_SESSION_TOKEN");
  expect(environment).toMatchObject({ AWS_ENDPOINT_URL: local.endpointUrl, AWS_REGION: "us-east-1" });
});

it("finds the pinned aws before any other", () => {
  expect(clientEnvironment(local)["PATH"]?.split(delimiter).slice(0, 2)).toContain(venvBin);
});

it("goes around the caller's proxy", () => {
  vi.stubEnv("NO_PROXY", "example.com");
  expect(clientEnvironment(local)).toMatchObject({
    NO_PROXY: "example.com,127.0.0.1,localhost",
    no_proxy: "example.com,127.0.0.1,localhost",
  });
});
