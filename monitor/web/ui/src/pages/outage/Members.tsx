import { useState } from "preact/hooks";
import { number } from "../../format";
import { t } from "../../i18n";
import { board } from "../../live";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { Pages } from "../../parts/Pages";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { problemText } from "../../problem";
import { to } from "../../router";
import { lookOf, lookText, Shape } from "../../signs";
import type { OutageMember, OutageMembers, OutageNow } from "../../types";

const PAGE = 100;

/** Whom the outage has hit, those first that are still down for it. */
export function Members({ path, outage }: { path: string; outage: OutageNow }) {
  const [offset, setOffset] = useState(0);
  const { data, error } = useRead<OutageMembers>(
    `${path}/members`,
    { limit: PAGE, offset },
    { every: 15, on: ["outage"] },
  );
  return (
    <Panel title={t("outage.members", { n: number(data?.total) })}>
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data !== null && (
        <>
          <ul class="plain members">
            {data.members.map((each) => (
              <Member key={each.node} member={each} network={outage.network} />
            ))}
          </ul>
          <Pages size={PAGE} offset={offset} total={data.total} onMove={setOffset} />
        </>
      )}
    </Panel>
  );
}

/** How it stands now, by the board: who left the outage may be well, or down for another reason. */
function Member({ member, network }: { member: OutageMember; network: string }) {
  const cells = board.value;
  const row = cells?.row(member.node, network) ?? -1;
  const look = cells === null || row < 0 ? null : lookOf(cells.state[row], cells.upstream[row] === 1);
  return (
    <li>
      {look !== null && <Shape look={look} title={lookText(look)} />}{" "}
      <a href={to("node", member.node)}>{member.name}</a>{" "}
      {!member.still && <span class="second">{t("outage.left")}</span>}
    </li>
  );
}
