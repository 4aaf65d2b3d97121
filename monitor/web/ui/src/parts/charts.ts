/** The parts of ECharts that our pages use. What is not named here is not in the bundle. */
import { BarChart, CustomChart, LineChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent,
  DataZoomInsideComponent,
  GeoComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
} from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type Colour, FONT } from "../theme";

echarts.use([
  AriaComponent,
  BarChart,
  CanvasRenderer,
  CustomChart,
  DataZoomInsideComponent,
  GeoComponent,
  GridComponent,
  LegendComponent,
  LineChart,
  MarkAreaComponent,
  MarkLineComponent,
  ScatterChart,
  TooltipComponent,
]);

export { echarts };

export interface Drawing {
  show(option: echarts.EChartsCoreOption, colours: Record<Colour, string>): void;
  onClick(callback: ((params: unknown) => void) | undefined): void;
  end(): void;
}

/** A chart in this frame, as large as it. */
export function draw(frame: HTMLElement): Drawing {
  const chart = echarts.init(frame);
  const watcher = new ResizeObserver(() => chart.resize());
  watcher.observe(frame);
  return {
    show(option, colours) {
      chart.setOption({ ...common(colours), ...option }, { notMerge: true });
    },
    onClick(callback) {
      chart.off("click");
      if (callback) chart.on("click", callback);
    },
    end() {
      watcher.disconnect();
      chart.dispose();
    },
  };
}

/** What all charts share. Tooltips are drawn, not written as HTML: its style attributes would break the CSP. */
function common(colours: Record<Colour, string>): echarts.EChartsCoreOption {
  return {
    animation: false,
    backgroundColor: "transparent",
    textStyle: { fontFamily: FONT, color: colours.second },
    color: [colours.accent, colours.up, colours.degraded, colours.maintenance, colours.upstream],
    tooltip: tooltip(colours),
  };
}

/** Spread it where a chart has a tooltip of its own. */
export function tooltip(colours: Record<Colour, string>): Record<string, unknown> {
  return {
    renderMode: "richText",
    confine: true,
    backgroundColor: colours.raised,
    borderColor: colours.line,
    textStyle: { color: colours.text, fontFamily: FONT },
  };
}
