/** The parts of ECharts that our pages use. What is not named here is not in the bundle. */
import { BarChart, CustomChart, LineChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type Colour, FONT } from "../theme";

echarts.use([
  BarChart,
  CanvasRenderer,
  CustomChart,
  GridComponent,
  LineChart,
  MarkLineComponent,
  TooltipComponent,
]);

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
      const shared = common(colours);
      const tooltip = { ...shared.tooltip, ...(option.tooltip ?? {}) };
      chart.setOption({ ...shared, ...option, tooltip }, { notMerge: true });
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

/** What all charts share. */
function common(colours: Record<Colour, string>) {
  return {
    animation: false,
    backgroundColor: "transparent",
    textStyle: { fontFamily: FONT, color: colours.second },
    tooltip: {
      confine: true,
      transitionDuration: 0,
      padding: [8, 12],
      backgroundColor: colours.raised,
      borderColor: colours.line,
      textStyle: { color: colours.text, fontFamily: FONT, fontSize: 13 },
    },
  };
}
