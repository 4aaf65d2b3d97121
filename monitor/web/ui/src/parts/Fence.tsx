import { Component, type ComponentChildren } from "preact";
import { t } from "../i18n";
import { problemText } from "../problem";
import { Button } from "./Button";
import { Notice } from "./Notice";

interface FenceProps {
  children: ComponentChildren;
}

/** Keeps a mistake of one page to that page: the header stays, and with it the way to the others. */
export class Fence extends Component<FenceProps, { error: unknown }> {
  state = { error: null as unknown };

  componentDidCatch(error: unknown): void {
    console.error(error); // for who mends it
    this.setState({ error });
  }

  render() {
    if (this.state.error === null) return <>{this.props.children}</>;
    return (
      <Notice kind="wrong">
        {t("app.page_broken", { error: problemText(this.state.error) })}{" "}
        <Button onClick={() => location.reload()}>{t("app.reload")}</Button>
      </Notice>
    );
  }
}
