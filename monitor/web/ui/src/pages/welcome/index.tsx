import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";

export default function Welcome() {
  return <Empty title={t("welcome.title")} />;
}
