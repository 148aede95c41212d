import { delimiter } from "node:path";
import { nodeBin } from "../tools/checkout.ts";
import { venvBin } from "./paths.ts";

/** Proxies and certificates: what programs need to reach the network from here. */
const NETWORK = [
  ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].flatMap((name) => [name, name.toLowerCase()]),
  ...["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"],
  "NODE_EXTRA_CA_CERTS",
];

/** PATH with the functions' Node and the pinned `aws` first. */
export function toolPath(): string {
  return [nodeBin, venvBin, process.env["PATH"] ?? ""].join(delimiter);
}

/** NO_PROXY in both spellings, with the local AWS added: no proxy could reach it. */
export function noProxy(): Record<string, string> {
  const given = process.env["NO_PROXY"] || process.env["no_proxy"];
  const value = [...(given ? [given] : []), "127.0.0.1", "localhost"].join(",");
  return { NO_PROXY: value, no_proxy: value };
}

/** The caller's network variables, and nothing else of its environment. */
export function networkEnvironment(): Record<string, string> {
  return { ...pick(process.env, (name) => NETWORK.includes(name)), ...noProxy() };
}

/** What makes any AWS client talk to the local AWS as its root user. */
export function awsSettings(local: { endpointUrl: string; region: string }): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: local.endpointUrl,
    AWS_REGION: local.region,
    AWS_DEFAULT_REGION: local.region,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_EC2_METADATA_DISABLED: "true",
    // Empty: a profile in ~/.aws must neither be used nor, by an endpoint of its own, send commands to AWS.
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_PAGER: "",
  };
}

/** The caller's environment without what would make an AWS client go elsewhere (AWS_PROFILE, AWS_ENDPOINT_URL_S3...). */
export function withoutAws(): Record<string, string> {
  return pick(process.env, (name) => !name.startsWith("AWS_"));
}

function pick(from: NodeJS.ProcessEnv, wanted: (name: string) => boolean): Record<string, string> {
  const entries = Object.entries(from).filter(([name, value]) => value !== undefined && wanted(name));
  return Object.fromEntries(entries) as Record<string, string>;
}
