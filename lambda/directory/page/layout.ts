import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import { webFile } from "../web-file.ts";

/** Where the links lead; both end in `/`. */
export interface Urls {
  directoryUrl: string;
  artifactsUrl: string;
}

/** Markup in which all values are escaped already. */
export type Markup = ReturnType<typeof html>;

const STYLE = webFile("page.css");
const SCRIPT = webFile("page.js");

/**
 * What a browser may do with the page: its own style and script, told by their SHA-256, and nothing from anywhere else.
 * Content Security Policy Level 3, https://www.w3.org/TR/CSP3/
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(SCRIPT)}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

/** An arrow onto a line: what a download looks like. Browsers would ask for /favicon.ico without it. */
const ICON =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0d6e6e"/>' +
      '<path d="M16 6v13m-6-6 6 6 6-6M8 25h16" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>',
  );

/** A whole page. Its script only makes it more comfortable: everything is there without. */
export function layout({
  title,
  urls,
  main,
}: {
  title: string;
  urls: Urls;
  main: Markup | Markup[];
}): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="${raw(ICON)}">
<style>${raw(STYLE)}</style>
</head>
<body>
<main>
${main}
<footer><a href="${urls.directoryUrl}">All downloads</a>, and <a href="${urls.directoryUrl}release.json">every release as JSON</a>.</footer>
</main>
<p id="_said" role="status" class="unseen"></p>
<script type="module">${raw(SCRIPT)}</script>
</body>
</html>
`;
}
