import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";

export default function Audit() {
  return <Empty title={t("audit.title")} />;
}
