/** The overview: the whole city on one wall. */

import { useMemo } from "preact/hooks";
import { t } from "../../i18n";
import { failure, overview } from "../../live";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { useRead } from "../../parts/read";
import type { Overview, Region, Regions } from "../../types";
import { Areas } from "./areas";
import { Blindness } from "./Blindness";
import { ranking } from "./figures";
import { Head } from "./Head";
import { Levels } from "./Levels";
import { Changes, Now } from "./Now";
import { Points } from "./Points";
import { Ranking } from "./Ranking";
import { Trend } from "./Trend";
import "./figures.css";
import "./levels.css";
import "./points.css";
import "./lists.css";
import "./drawings.css";
import "./layout.css"; // last: it changes the others on small screens and paper

const NONE: readonly Region[] = [];

export default function OverviewPage() {
  const seen = overview.value;
  const { data, error } = useRead<Regions>("/regions", {}, { on: ["board"] });
  if (seen === null) return failure.value === null ? <Loading /> : <Unread />;
  if (data === null && error === null) return <Loading />;
  return <Wall seen={seen} regions={data?.regions ?? NONE} />;
}

function Unread() {
  return <Notice kind="wrong">{t("overview.unread")}</Notice>;
}

function Wall({ seen, regions }: { seen: Overview; regions: readonly Region[] }) {
  const areas = useMemo(() => new Areas(regions), [regions]);
  const ranks = useMemo(() => ranking(seen, areas), [seen.groups, areas]);
  return (
    <>
      <Blindness />
      <div class="overview">
        <h1 class="unseen">{t("overview.title")}</h1>
        <Head overview={seen} />
        <Levels overview={seen} />
        <Points regions={regions} outages={seen.outages} />
        <Now overview={seen} />
        <Changes changes={seen.changes} />
        <Trend pointClass={seen.headline.point_class} />
        <Ranking ranks={ranks} />
      </div>
    </>
  );
}
