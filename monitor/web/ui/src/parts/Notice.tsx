import type { ComponentChildren } from "preact";

/** A line that stays: what is wrong, what was done, what is to be known. */
export function Notice({
  kind = "plain",
  children,
}: {
  kind?: "plain" | "done" | "wrong" | "warn";
  children: ComponentChildren;
}) {
  return (
    <div class={`notice ${kind}`} role={kind === "wrong" ? "alert" : "status"}>
      {children}
    </div>
  );
}
