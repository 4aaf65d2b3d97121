import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";

export default function Login() {
  return <Empty title={t("login.title")} />;
}
