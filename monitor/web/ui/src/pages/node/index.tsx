import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";

export default function Node() {
  return <Empty title={t("node.title")} />;
}
