import { expect, test } from "vitest";
import { browserText } from "../../src/pages/me/browser";

const KIT = "AppleWebKit/537.36 (KHTML, like Gecko)";

test.each([
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${KIT} Chrome/131.0 Safari/537.36`, "Chrome · Windows"],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${KIT} Chrome/131.0 Safari/537.36 Edg/131.0`, "Edge · Windows"],
  [`Mozilla/5.0 (Linux; Android 14) ${KIT} Chrome/116.0 Mobile MicroMessenger/8.0`, "WeChat · Android"],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox · Linux"],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1 Version/18.1 Safari/604.1",
    "Safari · iOS",
  ],
  ["curl/8.9.1", "curl"],
  ["", ""],
])("%s is called %s", (agent, name) => expect(browserText(agent)).toBe(name));
