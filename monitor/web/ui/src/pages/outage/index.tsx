import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";

export default function Outage() {
  return <Empty title={t("outages.title")} />;
}
