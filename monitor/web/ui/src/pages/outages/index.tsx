import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";

export default function Outages() {
  return <Empty title={t("outages.title")} />;
}
