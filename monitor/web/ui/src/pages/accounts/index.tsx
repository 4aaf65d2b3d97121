import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";

export default function Accounts() {
  return <Empty title={t("accounts.title")} />;
}
