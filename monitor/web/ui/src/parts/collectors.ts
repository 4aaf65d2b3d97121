/** What collectors are called. */
import { t } from "../i18n";
import { networkName } from "./networks";

/** `video-0of1` in words: 视频专网采集; which part it is only where several share a network. */
export function collectorText(name: string): string {
  const read = /^(.+)-(\d+)of(\d+)$/.exec(name);
  if (read === null) return name;
  const [, network, shard, shards] = read;
  const args = { network: networkName(network), shard: Number(shard) + 1, shards };
  return t(shards === "1" ? "common.collector" : "common.collector_shard", args);
}
