import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";

export default function Inventory() {
  return <Empty title={t("inventory.title")} />;
}
