import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";

export default function Maintenance() {
  return <Empty title={t("maintenance.title")} />;
}
