import { html, raw } from "hono/html";
import type { Current } from "../shared/current.ts";
import { artifactObjectKey } from "../shared/keys.ts";
import { offered } from "../shared/yanked.ts";
import { webFile } from "./web-file.ts";

const STYLE = webFile("page.css");

/** The download page: every command's current version on each platform, as plain links. */
export function downloadPage(commands: readonly Current[], artifactUrl: (path: string) => string) {
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Downloads</title>
<style>${raw(STYLE)}</style>
<h1>Downloads</h1>
${commands.length === 0 ? html`<p>Nothing has been released yet.</p>` : ""}
${commands.map(
  (current) => html`<h2>${current.cmd}</h2>
<ul>
${offered(current)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(
    ([platform, { version, sha256 }]) =>
      html`  <li><a href="${artifactUrl(artifactObjectKey({ cmd: current.cmd, version, platform }))}">${platform}</a> ${version}<br><code>SHA-256 ${sha256}</code></li>
`,
  )}</ul>
`,
)}</html>
`;
}
