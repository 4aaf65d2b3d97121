import type { EChartsCoreOption } from "echarts/core";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { palette } from "../theme";
import type { Drawing } from "./charts";

export interface ChartProps {
  /** What it shows, in one sentence, for who does not see it. */
  label: string;
  /** What is to be drawn; another object draws anew. */
  option: EChartsCoreOption;
  /** Pixels. Without it the chart is as high as its frame. */
  height?: number;
  onClick?: (params: unknown) => void;
}

/** An ECharts chart in the colours of the theme. ECharts itself is fetched when the first one is drawn. */
export function Chart({ label, option, height, onClick }: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [drawing, setDrawing] = useState<Drawing | null>(null);
  const [isFailed, setFailed] = useState(false);
  const colours = palette.value;

  useEffect(() => {
    let own: Drawing | null = null;
    let isGone = false;
    import("./charts").then(
      ({ draw }) => {
        if (isGone || frame.current === null) return;
        own = draw(frame.current);
        setDrawing(own);
      },
      () => setFailed(true), // the line is lost: the sentence stays
    );
    return () => {
      isGone = true;
      own?.end();
    };
  }, []);
  useEffect(() => drawing?.show(option, colours), [drawing, option, colours]);
  useEffect(() => drawing?.onClick(onClick), [drawing, onClick]);

  return (
    <div class="chart" role="img" aria-label={label}>
      <div
        ref={frame}
        class="chart-frame"
        style={height === undefined ? undefined : { height: `${height}px` }}
      />
      {isFailed && <p class="second">{t("app.page_missing")}</p>}
    </div>
  );
}
