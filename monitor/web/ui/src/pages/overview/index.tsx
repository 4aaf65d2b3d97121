import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";

export default function Overview() {
  return <Empty title={t("overview.title")} />;
}
