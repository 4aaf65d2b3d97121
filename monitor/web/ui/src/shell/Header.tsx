/** What always stays in sight: whose city, how old the data is, who looks, what time it is there. */
import { useEffect, useState } from "preact/hooks";
import { now, zone } from "../clock";
import { clock, span } from "../format";
import { choose, lang, t } from "../i18n";
import { freshness, overview, pulse } from "../live";
import { Button } from "../parts/Button";
import { route, to } from "../router";
import { may, type Permission, session } from "../session";
import { type Theme, theme, wear } from "../theme";

/** Pages of the navigation, in order, with what one must be allowed to see them. */
export const LINKS = [
  ["", "app.overview", "look"],
  ["nodes", "app.nodes", "look"],
  ["outages", "app.outages", "look"],
  ["alerts", "app.alerts", "look"],
  ["maintenance", "app.maintenance", "look"],
  ["reports", "app.reports", "look"],
  ["inventory", "app.inventory", "inventory"],
  ["accounts", "app.accounts", "accounts"],
  ["audit", "app.audit", "audit"],
  ["about", "app.about", "look"],
] as const satisfies readonly (readonly [string, string, Permission])[];

/** Pages that belong to another one's entry. */
const BELONGS: Record<string, string> = { node: "nodes", outage: "outages" };

export function Header() {
  const [isOpen, setOpen] = useState(false);
  const { page } = route.value;
  useEffect(() => setOpen(false), [page]);
  return (
    <header class={isOpen ? "top open" : "top"}>
      <a class="brand" href={to("")}>
        <span class="brand-mark" aria-hidden="true" />
        <span class="brand-site">{overview.value?.title ?? session.value?.title ?? ""}</span>
        <span class="brand-product">{t("app.product")}</span>
      </a>
      {overview.value?.invented && (
        <span class="invented" title={t("app.invented_why")}>
          {t("app.invented")}
        </span>
      )}
      <Navigation page={BELONGS[page] ?? page} />
      <div class="top-now">
        <Freshness />
        <Collectors />
        <Clock />
      </div>
      <div class="top-who">
        <Switches />
        <Who />
        <span class="only-narrow">
          <Button kind="quiet" label={t("app.menu")} pressed={isOpen} onClick={() => setOpen(!isOpen)}>
            ☰
          </Button>
        </span>
      </div>
    </header>
  );
}

function Navigation({ page }: { page: string }) {
  return (
    <nav class="nav" aria-label={t("app.nav")}>
      {LINKS.filter(([, , needs]) => may(needs)).map(([name, words]) => (
        <a key={name} href={to(name)} aria-current={name === page ? "page" : undefined}>
          {t(words)}
        </a>
      ))}
    </nav>
  );
}

function Freshness() {
  if (!may("look")) return null;
  const { age, isStale, lostAt } = freshness.value;
  if (lostAt !== null) {
    return (
      <span class="fresh lost" role="status" title={t("app.lost_why")}>
        <Dot kind="down" /> {t("app.lost", { since: clock(lostAt) })}
      </span>
    );
  }
  const words = age === null ? t("app.data_none") : t("app.data", { age: span(age) });
  return (
    <span class={isStale ? "fresh stale" : "fresh"}>
      <Dot kind={isStale ? "degraded" : "well"} /> {words}
    </span>
  );
}

function Collectors() {
  const collectors = overview.value?.collectors;
  if (collectors === undefined) return null;
  const seeing = collectors.filter((each) => each.footing === "sees").length;
  const isReady = pulse.value?.ready ?? true;
  const why = isReady ? t("app.collectors_why") : t("app.not_ready");
  return (
    <a class="collectors" href={to("about")} title={why}>
      <Dot kind={seeing === collectors.length && isReady ? "well" : "degraded"} />{" "}
      {t("app.collectors", { n: seeing, m: collectors.length })}
    </a>
  );
}

function Dot({ kind }: { kind: "well" | "degraded" | "down" }) {
  return <span class={`dot ${kind}`} aria-hidden="true" />;
}

function Clock() {
  return (
    <time class="clock" title={t("app.clock", { zone: zone.value })}>
      {clock(now.value)}
    </time>
  );
}

const NEXT: Record<Theme, Theme> = { dark: "light", light: "auto", auto: "dark" };

export function nextLanguage(): void {
  choose(lang.value === "zh" ? "en" : "zh");
}

export function nextTheme(): void {
  wear(NEXT[theme.value]);
}

const THEME_SIGNS: Record<Theme, string> = { dark: "◐", light: "○", auto: "◑" };

function Switches() {
  const worn = t(`app.theme_${theme.value}`);
  return (
    <span class="switches">
      <Button kind="quiet" title={t("app.language_why")} onClick={nextLanguage}>
        <span lang={lang.value === "zh" ? "en" : "zh-CN"}>{t("app.language")}</span>
      </Button>
      <Button
        kind="quiet"
        label={t("app.theme", { theme: worn })}
        title={t("app.theme", { theme: worn })}
        onClick={nextTheme}
      >
        {THEME_SIGNS[theme.value]}
      </Button>
    </span>
  );
}

function Who() {
  const who = session.value;
  if (who === null) return null;
  if (who.account === null) {
    if (route.value.page === "login" || route.value.page === "welcome") return null;
    return (
      <a class="who" href={to("login")}>
        {t("app.login")}
      </a>
    );
  }
  return (
    <a class="who" href={to("me")} title={`${t("app.me")} · ${who.account}`}>
      {who.name || who.account}
    </a>
  );
}
