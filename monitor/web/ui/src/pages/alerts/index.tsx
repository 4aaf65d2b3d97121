import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";

export default function Alerts() {
  return <Empty title={t("alerts.title")} />;
}
