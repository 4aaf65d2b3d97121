import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";

export default function Reports() {
  return <Empty title={t("reports.title")} />;
}
