/** What people call the browser that names itself so (User-Agent). Pure. */

/** The first that fits: most browsers also claim to be the ones below them. */
const BROWSERS: readonly [RegExp, string][] = [
  [/MicroMessenger\//, "WeChat"],
  [/QQBrowser\//, "QQ Browser"],
  [/360(SE|EE)|QIHU/, "360"],
  [/UCBrowser\//, "UC"],
  [/Edg(e|A|iOS)?\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\/|FxiOS\//, "Firefox"],
  [/(Headless)?Chrom(e|ium)\/|CriOS\//, "Chrome"],
  [/Safari\//, "Safari"],
];

const SYSTEMS: readonly [RegExp, string][] = [
  [/OpenHarmony|HarmonyOS/, "HarmonyOS"],
  [/Android/, "Android"],
  [/iPhone|iPad|iPod/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X|Macintosh/, "macOS"],
  [/Linux|X11/, "Linux"],
];

/** `Chrome · Windows`; of a program its name alone; "" where nothing is known. */
export function browserText(agent: string): string {
  const browser = BROWSERS.find(([sign]) => sign.test(agent))?.[1];
  if (browser === undefined) return agent.split(/[/ ]/, 1)[0];
  const system = SYSTEMS.find(([sign]) => sign.test(agent))?.[1];
  return [browser, system].filter(Boolean).join(" · ");
}
