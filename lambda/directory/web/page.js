// Makes the page more comfortable: the button for this computer, and buttons that copy. All else is there without it.

/**
 * The platforms of which this computer's may be, best guess first: several when the browser does not tell its processor,
 * none when it is no computer. Undefined for a system or a processor of which nobody knows what it runs.
 */
async function platformsHere() {
  const { userAgent, userAgentData, maxTouchPoints } = navigator;
  // An iPad says that it is a Mac, and has a screen to touch.
  const isTouchMac = /Macintosh/.test(userAgent) && maxTouchPoints > 1;
  if (/Android|iPhone|iPad|iPod|Windows Phone|Mobile/.test(userAgent) || isTouchMac) return [];
  const [system, os] =
    [
      [/Mac OS X|Macintosh/, "darwin"],
      [/Windows/, "windows"],
      [/FreeBSD|OpenBSD|NetBSD|DragonFly/, undefined],
      [/SunOS|AIX/, "other"],
      [/Linux|X11|CrOS/, "linux"],
    ].find(([pattern]) => pattern.test(userAgent)) ?? [];
  if (system === undefined || os === "other") return undefined;
  const name = os ?? userAgent.match(system)[0].toLowerCase();
  const told =
    (await hintedProcessor(userAgentData, name)) ??
    (name === "darwin" ? graphicsProcessor() : namedProcessor(userAgent, name));
  if (told) return [`${name}-${told}`];
  // Safari tells nothing: most Macs of today have Apple's processors, and the other button is beside it.
  return name === "darwin" ? ["darwin-arm64", "darwin-amd64"] : undefined;
}

/** From Chromium's User-Agent Client Hints: https://wicg.github.io/ua-client-hints/ */
async function hintedProcessor(data, os) {
  const systems = { darwin: ["macOS"], windows: ["Windows"], linux: ["Linux", "Chrome OS", "Chromium OS"] };
  // Who pretends to another system in its User-Agent alone tells of this one here.
  if (!systems[os]?.includes(data?.platform)) return undefined;
  const hints = await data.getHighEntropyValues(["architecture", "bitness"]).catch(() => undefined);
  const { architecture, bitness } = hints ?? {};
  if (architecture === "arm") return bitness === "32" ? "arm" : "arm64";
  if (architecture === "x86") return bitness === "32" ? "386" : "amd64";
  return undefined;
}

/** Every browser on a Mac says Intel; Firefox and older ones name the graphics processor. */
function graphicsProcessor() {
  const gl = document.createElement("canvas").getContext("webgl");
  const extension = gl?.getExtension("WEBGL_debug_renderer_info");
  const name = String(gl?.getParameter(extension?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER) ?? "");
  if (/Apple M\d/.test(name)) return "arm64";
  return /Intel|AMD|Radeon|NVIDIA|GeForce/.test(name) ? "amd64" : undefined;
}

/** As user-agent.ts has it: more telling words first. A browser of 32 bits does not say that it has 64. */
function namedProcessor(userAgent, os) {
  const processors = [
    [/aarch64|arm64/i, "arm64"],
    [/armv\d|\barm\b/i, "arm"],
    [/loong(arch)?64/, "loong64"],
    [/ppc64le/, "ppc64le"],
    [/riscv64/, "riscv64"],
    [/s390x/, "s390x"],
    [/x86_64|amd64|x64|WOW64/i, "amd64"],
    [/i[3-6]86/, "386"],
    // What must not get the nearest binary.
    [/mips|ppc|powerpc|sparc|ia64|s390|parisc|linux alpha/i, undefined],
    [/./, os === "windows" ? "386" : "amd64"],
  ];
  return processors.find(([pattern]) => pattern.test(userAgent))?.[1];
}

/** The download for a platform: its own, or one that such a computer runs as well. */
function downloadFor(command, platform) {
  const all = [...command.querySelectorAll("[data-platform]")];
  return (
    all.find(({ dataset }) => dataset.platform === platform) ??
    all.find(({ dataset }) => dataset.also.split(" ").includes(platform))
  );
}

function offerTo(platforms, command) {
  const choice = command.querySelector(".choice");
  const { cmd } = command.dataset;
  if (platforms?.length === 0) {
    choice.replaceChildren(
      `${cmd} is a command-line tool for computers: open this page on one, or choose below.`,
    );
    return;
  }
  const [system] = (platforms?.[0] ?? "").split("-");
  const isOther = ({ dataset }) => (dataset.shell === "ps1") !== (system === "windows");
  for (const install of [...command.querySelectorAll("[data-shell]")].filter(isOther)) {
    install.parentElement.append(install);
  }
  const downloads = new Set((platforms ?? []).map((one) => downloadFor(command, one)).filter(Boolean));
  if (downloads.size === 0) {
    choice.querySelector(".button").textContent = platforms
      ? `There is no ${cmd} for this computer: see all platforms`
      : "Choose your platform";
    return;
  }
  const buttons = [...downloads].map((download) => {
    const button = document.createElement("a");
    button.className = "button";
    button.href = download.querySelector(".file").href;
    button.textContent = `Download for ${download.dataset.name}`;
    download.classList.add("yours");
    return button;
  });
  const [first] = downloads;
  const size = document.createElement("span");
  size.className = "size";
  size.textContent = downloads.size === 1 ? first.querySelector(".size").textContent : "";
  choice.replaceChildren(...buttons, size);
}

const said = document.querySelector("#_said");
let silence;

/** What became of a copy, on its button and for those who hear the page, for a while and until the next one. */
function say(button, word, sentence) {
  clearTimeout(silence);
  for (const one of document.querySelectorAll("[data-copy]")) one.textContent = "Copy";
  button.textContent = word;
  said.textContent = sentence;
  silence = setTimeout(() => {
    button.textContent = "Copy";
    said.textContent = "";
  }, 2000);
}

/** The text, in the clipboard; where a browser does not allow that, selected, for Ctrl-C. */
async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    say(button, "Copied", "Copied");
  } catch {
    getSelection().selectAllChildren(button.parentElement.querySelector("code"));
    say(button, "Selected", "Selected: copy it with your keyboard");
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
const platforms = await platformsHere();
for (const command of document.querySelectorAll("[data-cmd]")) offerTo(platforms, command);
