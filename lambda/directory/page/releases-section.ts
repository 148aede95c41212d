import { html } from "hono/html";
import { provenanceObjectKey, sbomObjectKey } from "../../shared/keys.ts";
import { isForShell, shellLine } from "./command-section.ts";
import { dateText } from "./format.ts";
import type { Markup, Urls } from "./layout.ts";
import type { Offer, Release } from "./offer.ts";
import { comparePlatforms, platformName } from "./platform-names.ts";

/** The last releases, with what went into them. */
export function releasesSection(offer: Offer, urls: Urls): Markup {
  const { cmd, downloads, releases } = offer;
  const older = isForShell(downloads) && releases.find(({ currentOn }) => currentOn.length === 0)?.version;
  return html`<section aria-labelledby="_releases">
<h2 id="_releases">Recent releases</h2>
<ul role="list" class="releases">
${releases.map((release) => releaseItem(offer, release, urls))}</ul>
<p class="note">${older ? html`An earlier one is installed by <code>${shellLine(cmd, urls, `--version ${older}`)}</code>. ` : ""}A
bill of materials (CycloneDX) lists the modules in a binary; the provenance (in-toto, SLSA) tells from which commit it was
built, and how.</p>
</section>
`;
}

function releaseItem(
  { cmd, version: newest }: Offer,
  { version, recordedAt, currentOn, artifacts }: Release,
  urls: Urls,
): Markup {
  // Other artifacts were built elsewhere, and nobody knows what is in them.
  const built = artifacts
    .filter(({ commit }) => commit !== undefined)
    .toSorted((a, b) => comparePlatforms(a.platform, b.platform));
  const { artifactsUrl } = urls;
  // What the newest left out has an older one.
  const where = version === newest ? "current" : `still current on ${currentOn.join(", ")}`;
  const badge = currentOn.length === 0 ? "" : html` <span class="current">${where}</span>`;
  return html`<li>
<p><strong>${version}</strong>${badge}${recordedAt === undefined ? "" : html` <time datetime="${recordedAt}">${dateText(recordedAt)}</time>`}</p>
${
  built.length === 0
    ? html`<p class="note">Not built by this directory: there are no documents.</p>`
    : html`<p><a href="${artifactsUrl}${provenanceObjectKey(cmd, version)}">Provenance<span class="unseen"> of ${version}</span></a></p>
<details><summary>Bills of materials<span class="unseen"> of ${version}</span></summary>
<ul role="list">${built.map(
        ({ platform }) => html`
<li><a href="${artifactsUrl}${sbomObjectKey({ cmd, version, platform })}">${platformName(platform)}</a></li>`,
      )}
</ul></details>`
}
</li>
`;
}

/** What an installed copy does by itself, and what it takes to do it by hand. */
export function updatesSection({ cmd }: Offer): Markup {
  return html`<section aria-labelledby="_updates">
<h2 id="_updates">How updates work</h2>
<p>A copy of ${cmd} that updates itself asks this directory which version is current. If that is another one than its own, it
downloads the difference between the two, a patch that is a small part of the whole, or the whole file when there is no
patch. It puts the result in its own place only when its SHA-256 is what the directory told.</p>
<p>When a version turns out to be bad, the directory names the one before it, and copies go back to that by themselves.</p>
<p>By hand: install it again.</p>
</section>
`;
}
