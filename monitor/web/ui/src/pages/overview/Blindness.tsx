/** Nobody looks: the strongest sign of the wall, since nothing else on it can be believed then. */
import { now } from "../../clock";
import { clock, exactSpan, number } from "../../format";
import { t, word } from "../../i18n";
import { blindness, type Unseeing } from "../../live";
import { collectorText } from "../../parts/collectors";
import { to } from "../../router";
import { Shape } from "../../signs";

export function Blindness() {
  const blind = blindness.value;
  if (blind.length === 0) return null;
  return (
    <div class="blindness" role="alert">
      <strong>
        <Shape look="unknown" /> {t("overview.blindness")}
      </strong>
      <ul>
        {blind.map((each) => (
          <Collector key={each.name} {...each} />
        ))}
      </ul>
      <a href={to("about")}>{t("overview.blind_why")}</a>
    </div>
  );
}

function Collector({ name, footing, since, watches }: Unseeing) {
  // Who is late is about to be called silent by the server.
  const how = word("overview.sees", footing === "sees" ? "silent" : footing);
  return (
    <li>
      <b>{collectorText(name)}</b> {how}
      {since !== null && ` · ${t("overview.blind_since", { time: clock(since) })}`}
      {/* It turns each second, and is not to be read aloud each second. */}
      {since !== null && (
        <span aria-hidden="true">
          {t("overview.blind_for", { age: exactSpan((now.value - since) / 1000) })}
        </span>
      )}
      {` · ${t("overview.blind_watches", { count: number(watches) })}`}
    </li>
  );
}
