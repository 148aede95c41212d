import { html } from "hono/html";
import { commandSection } from "./command-section.ts";
import { layout, type Markup, type Urls } from "./layout.ts";
import type { Offer } from "./offer.ts";
import { releasesSection, updatesSection } from "./releases-section.ts";

/** The page of one command: all that there is to know for those who install it. */
export function commandPage(offer: Offer, urls: Urls): Markup {
  return layout({
    title: `Download ${offer.cmd}`,
    urls,
    main: [
      commandSection(offer, urls, { heading: "h1", isOpen: true }),
      releasesSection(offer, urls),
      updatesSection(offer),
    ],
  });
}

/** The page of a directory with several commands, or none: each with its downloads, and a way to its own page. */
export function homePage(offers: readonly Offer[], urls: Urls): Markup {
  const nothing = html`<h1>Downloads</h1>
<p>There is nothing to download at the moment.</p>`;
  const contents = html`<h1>Downloads</h1>
<nav aria-label="Tools"><ul role="list" class="tools">${offers.map(({ cmd }) => html`<li><a href="#${cmd}">${cmd}</a></li>`)}</ul></nav>`;
  const sections = offers.map((offer) => commandSection(offer, urls, { heading: "h2", isOpen: false }));
  return layout({ title: "Downloads", urls, main: offers.length === 0 ? nothing : [contents, ...sections] });
}
