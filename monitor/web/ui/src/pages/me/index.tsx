import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";

export default function Me() {
  return <Empty title={t("me.title")} />;
}
