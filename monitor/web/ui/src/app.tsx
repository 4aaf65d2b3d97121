/** The shell: who is asking, which page, and what always stays in sight. */
import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { startClock } from "./clock";
import { lang, t } from "./i18n";
import { lazy } from "./lazy";
import { freshness, overview, startLive, stopLive } from "./live";
import { Empty } from "./parts/Empty";
import { Fence } from "./parts/Fence";
import { Loading } from "./parts/Loading";
import { Notice } from "./parts/Notice";
import { Toasts } from "./parts/Toast";
import { go, type PageProps, route, to } from "./router";
import { may, type Permission, readSession, session } from "./session";
import { Header } from "./shell/Header";
import { KeysHelp, useKeys } from "./shell/keys";

interface Page {
  view: ComponentType<PageProps>;
  /** Null: for everybody, whether known or not. */
  needs: Permission | null;
}

const PAGES: Record<string, Page> = {
  "": { view: lazy(() => import("./pages/overview")), needs: "look" },
  nodes: { view: lazy(() => import("./pages/nodes")), needs: "look" },
  node: { view: lazy(() => import("./pages/node")), needs: "look" },
  outages: { view: lazy(() => import("./pages/outages")), needs: "look" },
  outage: { view: lazy(() => import("./pages/outage")), needs: "look" },
  alerts: { view: lazy(() => import("./pages/alerts")), needs: "look" },
  maintenance: { view: lazy(() => import("./pages/maintenance")), needs: "look" },
  reports: { view: lazy(() => import("./pages/reports")), needs: "look" },
  inventory: { view: lazy(() => import("./pages/inventory")), needs: "inventory" },
  accounts: { view: lazy(() => import("./pages/accounts")), needs: "accounts" },
  audit: { view: lazy(() => import("./pages/audit")), needs: "audit" },
  about: { view: lazy(() => import("./pages/about")), needs: "look" },
  me: { view: lazy(() => import("./pages/me")), needs: "own" },
  login: { view: lazy(() => import("./pages/login")), needs: null },
  welcome: { view: lazy(() => import("./pages/welcome")), needs: null },
};

const ASK_AGAIN = 3_000;
const STILL_EVERY = 60_000;

export function App() {
  useEffect(startClock, []);
  useEffect(askWho, []);
  const mayLook = may("look") && session.value?.must === "";
  useEffect(() => {
    if (mayLook) startLive();
    else stopLive();
  }, [mayLook]);
  useKeys();
  useTitle();

  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        {t("app.skip")}
      </button>
      <Header />
      <main id="main" tabIndex={-1} class={freshness.value.lostAt === null ? "" : "stands"}>
        <Broken />
        {session.value === null ? <Loading what={t("app.connecting")} /> : <Shown />}
      </main>
      <KeysHelp />
      <Toasts />
    </>
  );
}

/** The server may be starting: ask until it says who we are, and then now and again whether we still are. */
function askWho(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const again = (after: number) => () => {
    timer = setTimeout(ask, after);
  };
  const ask = (): void => {
    readSession().then(again(STILL_EVERY), again(ASK_AGAIN)); // not there yet, or the line is lost
  };
  ask();
  return () => clearTimeout(timer);
}

function skip(): void {
  document.getElementById("main")?.focus();
}

/** What keeps the files of the site from being in use, where somebody may do something about it. */
function Broken() {
  const error = overview.value?.reload_error;
  if (!error) return null;
  return (
    <Notice kind="warn">
      <strong>{t("app.reload_error")}</strong>
      <pre>{error}</pre>
    </Notice>
  );
}

function Shown() {
  const { page, id, query } = route.value;
  const who = session.value;
  const found = PAGES[page];
  const isForced = who?.must === "password" && page !== "login" && page !== "welcome";
  const isUnknown = found?.needs != null && !isForced && !may(found.needs) && who?.account === null;
  const key = `${page}/${id}`;
  const former = useRef(key);
  useEffect(() => {
    if (former.current === key) return;
    former.current = key;
    window.scrollTo(0, 0);
    document.getElementById("main")?.focus({ preventScroll: true });
  }, [key]);
  useEffect(() => {
    if (isUnknown) go(to("login", "", { back: page === "" ? "" : location.hash.slice(1) }), true);
  }, [isUnknown]);

  if (found === undefined) return <Empty title={t("app.missing")}>{t("app.missing_how")}</Empty>;
  if (isUnknown) return null;
  if (isForced) {
    const Me = PAGES.me.view;
    return <Me id="" query={query} />;
  }
  if (found.needs !== null && !may(found.needs)) {
    return <Empty title={t("app.forbidden")}>{t("app.forbidden_how")}</Empty>;
  }
  const View = found.view;
  return (
    <Fence key={key}>
      <View id={id} query={query} />
    </Fence>
  );
}

const TITLES: Record<string, Parameters<typeof t>[0]> = {
  "": "app.overview",
  node: "app.nodes",
  outage: "app.outages",
  nodes: "app.nodes",
  outages: "app.outages",
  alerts: "app.alerts",
  maintenance: "app.maintenance",
  reports: "app.reports",
  inventory: "app.inventory",
  accounts: "app.accounts",
  audit: "app.audit",
  about: "app.about",
  me: "app.me",
  login: "app.login",
  welcome: "app.welcome",
};

function useTitle(): void {
  const title = TITLES[route.value.page];
  const site = session.value?.title ?? "";
  const words = [title ? t(title) : "", site, t("app.product")].filter(Boolean).join(" · ");
  useEffect(() => {
    document.title = words;
  }, [words, lang.value]);
}
