import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";

export default function Nodes() {
  return <Empty title={t("nodes.title")} />;
}
