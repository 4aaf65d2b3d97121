import { t } from "../i18n";
import { Button } from "./Button";

/** So many stand on a page where the list says nothing else. */
export const PAGE = 100;

export interface PagesProps {
  /** How many stand on a page. */
  size?: number;
  /** How many stand before this one. */
  offset: number;
  total: number;
  onMove: (offset: number) => void;
}

/** Which page of a long list, and to its neighbours; nothing where one page is all. */
export function Pages({ size = PAGE, offset, total, onMove }: PagesProps) {
  if (total <= size && offset === 0) return null;
  return (
    <div class="bar">
      <Button disabled={offset === 0} onClick={() => onMove(Math.max(0, offset - size))}>
        {t("common.previous")}
      </Button>
      <span class="second">
        {t("common.page", { n: Math.floor(offset / size) + 1, m: Math.ceil(total / size) })}
      </span>
      <Button disabled={offset + size >= total} onClick={() => onMove(offset + size)}>
        {t("common.next")}
      </Button>
    </div>
  );
}
