import { render } from "preact";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/signs.css";
import "./styles/parts.css";
import "./styles/forms.css";
import "./styles/shell.css";
import "./styles/print.css";
import { App } from "./app";
import { startAttendance } from "./attendance";

startAttendance();
render(<App />, document.getElementById("app")!);
