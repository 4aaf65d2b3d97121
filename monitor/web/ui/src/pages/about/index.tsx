import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";

export default function About() {
  return <Empty title={t("about.title")} />;
}
