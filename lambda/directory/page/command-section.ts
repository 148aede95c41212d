import { html, raw } from "hono/html";
import { artifactObjectKey } from "../../shared/keys.ts";
import { alsoRunsOn } from "../choose-platform.ts";
import { dateText, hexText, sizeText } from "./format.ts";
import type { Markup, Urls } from "./layout.ts";
import type { Download, Offer } from "./offer.ts";
import { platformName } from "./platform-names.ts";

/**
 * What there is of a command and how to get it.
 * @param isOpen whether it has the page for itself: then the list of platforms is not folded away
 */
export function commandSection(
  offer: Offer,
  urls: Urls,
  { heading, isOpen }: { heading: "h1" | "h2"; isOpen: boolean },
): Markup {
  const { cmd, downloads } = offer;
  const below = heading === "h1" ? "h2" : "h3";
  const list = html`<ul class="downloads" id="${cmd}-platforms">
${downloads.map((download) => downloadItem(offer, download, urls))}</ul>
${handNote(cmd)}`;
  return html`<section class="command" id="${cmd}" aria-labelledby="${cmd}-name" data-cmd="${cmd}">
<header>
<${raw(heading)} id="${cmd}-name" class="name">${isOpen ? cmd : html`<a href="${urls.directoryUrl}${cmd}">${cmd}</a>`}</${raw(heading)}>
<p class="version">Version <strong>${offer.version}</strong>${released(offer.recordedAt)}</p>
</header>
<div class="get">
<p class="choice"><a class="button" href="#${cmd}-platforms">Choose your platform</a></p>
${installLines(cmd, downloads, urls, below)}
</div>
${
  isOpen
    ? html`<section aria-labelledby="${cmd}-all">
<${raw(below)} id="${cmd}-all">All platforms</${raw(below)}>
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

/** One line for each kind of shell that the command has binaries for. */
function installLines(cmd: string, downloads: readonly Download[], urls: Urls, heading: string): Markup[] {
  const has = (isKind: (platform: string) => boolean) => downloads.some(({ platform }) => isKind(platform));
  const isWindows = (platform: string) => platform.startsWith("windows-");
  const systems = ["darwin", "linux"].filter((os) => has((platform) => platform.startsWith(`${os}-`)));
  const unix = systems.map((os) => (os === "darwin" ? "macOS" : "Linux")).join(" and ") || "Unix";
  return [
    ...(has((platform) => !isWindows(platform))
      ? [
          installLine(
            cmd,
            "sh",
            `Install on ${unix}`,
            `curl -fsSL ${quoted(`${urls.directoryUrl}${cmd}.sh`)} | sh`,
            heading,
          ),
        ]
      : []),
    ...(has(isWindows)
      ? [
          installLine(
            cmd,
            "ps1",
            "Install on Windows, in PowerShell",
            `irm ${quoted(`${urls.directoryUrl}${cmd}.ps1`)} | iex`,
            heading,
          ),
        ]
      : []),
  ];
}

/** A URL as a shell takes it: that of a local AWS has a `$` in it. */
export function quoted(url: string): string {
  return /^[\w:/.-]+$/.test(url) ? url : `'${url}'`;
}

function installLine(cmd: string, kind: "sh" | "ps1", title: string, line: string, heading: string): Markup {
  return html`<div class="install" data-shell="${kind}">
<${raw(heading)} class="label" id="${cmd}-${kind}">${title}</${raw(heading)}>
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
<span class="size">${artifact === undefined ? "" : html`${sizeText(artifact.gzSize)}, unpacked ${sizeText(artifact.size)}`}</span>
<span class="hash"><span class="what">SHA-256</span> <code>${hex}</code>${copyButton(hex, `Copy the SHA-256 of ${platform}`)}</span>
</li>
`;
}

function handNote(cmd: string): Markup {
  return html`<p class="note">Each file is the program, packed with gzip; the SHA-256 is that of the program itself. The lines above
choose the right file, check it and unpack it. By hand: <code>gunzip -c linux-amd64.gz &gt; ${cmd}</code>, then
<code>sha256sum ${cmd}</code>, on a Mac <code>shasum -a 256 ${cmd}</code>. macOS and Windows warn of programs that a browser
has downloaded and nobody has signed; after the lines above they do not.</p>`;
}

/** Shown by the script, without which it could do nothing. */
export function copyButton(text: string, label: string): Markup {
  return html`<button type="button" class="copy" data-copy="${text}" aria-label="${label}" hidden>Copy</button>`;
}
