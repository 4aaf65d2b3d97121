/** Pages are fetched when they are first opened. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "./i18n";
import { Button } from "./parts/Button";
import { Loading } from "./parts/Loading";
import { Notice } from "./parts/Notice";

/** A component that is fetched when it is first drawn. */
export function lazy<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): ComponentType<P> {
  let here: ComponentType<P> | null = null;

  return function Lazy(props: P) {
    const [Page, setPage] = useState<ComponentType<P> | null>(() => here);
    const [isFailed, setFailed] = useState(false);
    useEffect(() => {
      if (here !== null) return;
      load().then(
        (module) => {
          here = module.default;
          setPage(() => here);
        },
        () => setFailed(true), // another version was installed meanwhile, or the line is lost
      );
    }, []);
    if (Page !== null) return <Page {...props} />;
    if (!isFailed) return <Loading />;
    return (
      <Notice kind="wrong">
        {t("app.page_missing")} <Button onClick={() => location.reload()}>{t("app.reload")}</Button>
      </Notice>
    );
  };
}
