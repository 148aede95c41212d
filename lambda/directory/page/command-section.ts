import { html, raw } from "hono/html";
import { artifactObjectKey } from "../../shared/keys.ts";
import { alsoRunsOn } from "../choose-platform.ts";
import { dateText, hexText, sizeText } from "./format.ts";
import type { Markup, Urls } from "./layout.ts";
import type { Download, Offer } from "./offer.ts";
import { platformName } from "./platform-names.ts";

/**
 * What there is of a command and how to get it. All ids but the command's own have a `_`, which no command's name has.
 * @param isOpen whether it has the page for itself: then the list of platforms is not folded away
 */
export function commandSection(
  offer: Offer,
  urls: Urls,
  { heading, isOpen }: { heading: "h1" | "h2"; isOpen: boolean },
): Markup {
  const { cmd, downloads } = offer;
  const below = heading === "h1" ? "h2" : "h3";
  const list = html`<ul role="list" class="downloads" id="${cmd}_platforms">
${downloads.map((download) => downloadItem(offer, download, urls))}</ul>
${handNote(cmd, downloads)}`;
  return html`<section class="command" id="${cmd}" aria-labelledby="${cmd}_name" data-cmd="${cmd}">
<header>
<${raw(heading)} id="${cmd}_name" class="name">${isOpen ? cmd : html`<a href="${urls.directoryUrl}${cmd}">${cmd}</a>`}</${raw(heading)}>
<p class="version">Version <strong>${offer.version}</strong>${released(offer.recordedAt)}</p>
</header>
<div class="get">
<p class="choice"><a class="button" href="#${cmd}_platforms">Choose your platform</a></p>
${installLines(cmd, downloads, urls, below)}
</div>
${
  isOpen
    ? html`<section aria-labelledby="${cmd}_all">
<${raw(below)} id="${cmd}_all">All platforms</${raw(below)}>
${list}
</section>`
    : html`<details>
<summary>All platforms, with SHA-256</summary>
${list}
</details>
<p><a href="${urls.directoryUrl}${cmd}">Releases of ${cmd}, and how it updates itself</a></p>`
}
</section>
`;
}

function released(at: string | undefined): Markup | string {
  return at === undefined ? "" : html` · <time datetime="${at}">${dateText(at)}</time>`;
}

/** Where install.sh runs. */
const UNIX = /^(darwin|linux|freebsd|openbsd|netbsd|dragonfly)-/;

/** One line for each kind of shell that the command has binaries for. */
function installLines(cmd: string, downloads: readonly Download[], urls: Urls, heading: string): Markup[] {
  const has = (pattern: RegExp) => downloads.some(({ platform }) => pattern.test(platform));
  const lines: Markup[] = [];
  if (isForShell(downloads)) {
    const named = [...(has(/^darwin-/) ? ["macOS"] : []), ...(has(/^linux-/) ? ["Linux"] : [])];
    const title = `Install on ${named.length > 0 ? named.join(" and ") : "BSD"}`;
    lines.push(installLine(cmd, "sh", title, shellLine(cmd, urls), heading));
  }
  if (has(/^windows-/)) {
    const line = `irm ${quoted(`${urls.directoryUrl}${cmd}.ps1`)} | iex`;
    lines.push(installLine(cmd, "ps1", "Install on Windows, in PowerShell", line, heading));
  }
  return lines;
}

/** Whether the shell's installer has something to install. */
export function isForShell(downloads: readonly Download[]): boolean {
  return downloads.some(({ platform }) => UNIX.test(platform));
}

/** What installs a command on Linux, macOS and the BSDs. */
export function shellLine(cmd: string, { directoryUrl }: Urls, options = ""): string {
  return `curl -fsSL ${quoted(`${directoryUrl}${cmd}.sh`)} | sh${options && ` -s -- ${options}`}`;
}

/** A URL as a shell takes it: that of a local AWS has a `$` in it. */
function quoted(url: string): string {
  return /^[\w:/.-]+$/.test(url) ? url : `'${url}'`;
}

function installLine(cmd: string, kind: "sh" | "ps1", title: string, line: string, heading: string): Markup {
  return html`<div class="install" data-shell="${kind}">
<${raw(heading)} class="label" id="${cmd}_${kind}">${title}</${raw(heading)}>
<p class="line"><code>${line}</code>${copyButton(line, `Copy the line: ${title}`)}</p>
</div>
`;
}

function downloadItem({ cmd, version: newest }: Offer, download: Download, { artifactsUrl }: Urls): Markup {
  const { platform, version, sha256, artifact } = download;
  const name = platformName(platform);
  const hex = hexText(sha256);
  const url = `${artifactsUrl}${artifactObjectKey({ cmd, version, platform })}`;
  const also = alsoRunsOn(platform).join(" ");
  return html`<li data-platform="${platform}" data-name="${name}" data-also="${also}">
<a class="file" href="${url}"><span class="system">${name}</span> <code>${platform}</code>${version === newest ? "" : html` <span class="older">${version}</span>`}</a>
<span class="size">${sizes(artifact)}</span>
${hex === "" ? "" : html`<span class="hash"><span class="what">SHA-256</span> <code>${hex}</code>${copyButton(hex, `Copy the SHA-256 of ${platform}`)}</span>`}
</li>
`;
}

/** Nothing, when somebody has deleted or changed the row. */
function sizes(artifact: Download["artifact"]): string {
  const { gzSize, size } = artifact ?? {};
  return gzSize === undefined || size === undefined ? "" : `${sizeText(gzSize)}, unpacked ${sizeText(size)}`;
}

function handNote(cmd: string, downloads: readonly Download[]): Markup {
  const example = downloads.find(({ platform }) => UNIX.test(platform))?.platform;
  const isForWindows = downloads.some(({ platform }) => platform.startsWith("windows-"));
  const warns = isForWindows || downloads.some(({ platform }) => platform.startsWith("darwin-"));
  return html`<p class="note">Each file is the program, packed with gzip; the SHA-256 is that of the program itself. ${
    example &&
    html`The line above chooses the right file, checks it and unpacks it. By hand:
<code>gunzip -c ${example}.gz &gt; ${cmd}</code>, <code>chmod +x ${cmd}</code>, then <code>sha256sum ${cmd}</code>, on a Mac
<code>shasum -a 256 ${cmd}</code>. `
  }${
    isForWindows
      ? html`By hand on Windows: unpack the file (7-Zip does), call it <code>${cmd}.exe</code>, then
<code>Get-FileHash ${cmd}.exe</code> in PowerShell. `
      : ""
  }${
    warns
      ? `macOS and Windows warn of programs that a browser has downloaded and nobody has signed; after the line above they do not.`
      : ""
  }</p>`;
}

/** Shown by the script, without which it could do nothing. */
export function copyButton(text: string, label: string): Markup {
  return html`<button type="button" class="copy" data-copy="${text}" aria-label="${label}" hidden>Copy</button>`;
}
